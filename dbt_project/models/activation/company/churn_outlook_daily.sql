{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Expected churn rate of the eligible customers of each day, as a forecast with an interval. The
    model gives the mean of its training dates. The season and the returns since then move it.
-#}
with

levels as (
    {{ of_daily_dates(ref('stg_ml__churn_levels')) }}
),

-- A factor of 1.2 means that customers return 1.2 times as fast as on the training dates.
final as (
    select
        snapshot_date,
        model_version,
        customers,
        round(expected_rate, 10) as expected_churn_rate,
        round(low, 10) as churn_rate_low,
        round(high, 10) as churn_rate_high,
        round(model_rate, 10) as model_churn_rate,
        round(exp(recent), 10) as recent_return_factor,
        round(exp(season), 10) as season_return_factor,
        round(exp(log_ratio), 10) as return_factor,
        season is not null as has_season,
        cast(history_days as integer) as history_days
    from levels
)

select * from final
