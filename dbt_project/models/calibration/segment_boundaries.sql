{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='as_of_date',
        on_schema_change='append_new_columns',
    )
}}

{#-
    Boundaries of the quintiles of recency, frequency and money and of the value tiers. A training
    finds them, and they are used until the next training, so that no customer changes segment
    because other customers changed. A training that was killed before has fitted its behaviour
    groups already, so the next run finds the boundaries in its place.
-#}
-- depends_on: {{ ref('stg_ml__behaviour_groups') }}
with

as_of as (
    select max(run_dates.snapshot_date) as as_of_date
    from {{ source('ops', 'run_dates') }} as run_dates
    where run_dates.purpose = 'daily'
    {%- if is_incremental() %}
    having
        exists (from {{ source('ops', 'run_dates') }} as t where t.purpose = 'training')
        or (
            select max(groups.valid_from) from {{ ref('stg_ml__behaviour_groups') }} as groups
            where groups.valid_from <= max(run_dates.snapshot_date)
        ) > (
            select coalesce(max(known.as_of_date), date '0001-01-01') from {{ this }} as known
            where known.as_of_date <= max(run_dates.snapshot_date)
        )
    {%- endif %}
),

buyers as (
    select features.*
    from {{ ref('feat_customer_snapshots') }} as features
    inner join as_of on features.snapshot_date = as_of.as_of_date
    where features.orders_365d > 0
),

rhythms as (
    select
        snapshot_date as as_of_date,
        {%- for name, column in {
            'recency': 'days_since_last_order',
            'frequency': 'orders_365d',
            'monetary': 'net_revenue_365d',
        }.items() %}
        {%- for part in range(1, 5) %}
        quantile_disc({{ column }}, {{ part / 5 }}) as {{ name }}_{{ part }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %},
        median(discounted_share_lifetime) as median_discounted_share
    from buyers
    group by snapshot_date
),

-- The top quintile is the high tier, the next two quintiles are the medium tier.
worths as (
    select
        expected.snapshot_date as as_of_date,
        quantile_disc(expected.expected_value, 0.4) as value_medium_above,
        quantile_disc(expected.expected_value, 0.8) as value_high_above
    from {{ ref('customer_values_daily') }} as expected
    inner join as_of on expected.snapshot_date = as_of.as_of_date
    where expected.expected_value > 0
    group by expected.snapshot_date
),

final as (
    select *
    from as_of
    left join rhythms using (as_of_date)
    left join worths using (as_of_date)
    where as_of.as_of_date is not null
)

select * from final
