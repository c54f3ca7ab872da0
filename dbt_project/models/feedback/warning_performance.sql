{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['snapshot_date'],
    )
}}

{#-
    Backtest of past warnings: one row per day whose horizon has passed, signal and severity; the
    signal any_signal counts each customer once. The signal entered_tier is the customers who were
    in a lower risk tier on the day before, with the tier of the day as severity. A day is evaluated
    once its horizon has passed, and again when it is run again. Figures named reachable are of
    customers who were not overdue by their own interval on the day. The unique key is a list, so
    that the publication copies the whole table, because days enter it long after they were run.
-#}
with

-- Dates of training have outcomes and neither warnings nor scores.
judged_days as (
    select distinct snapshot_date from {{ ref('customer_warnings_daily') }}
    union
    select distinct snapshot_date from {{ ref('stg_ml__churn_scores') }}
),

outcomes as (
    select
        customer_id,
        snapshot_date,
        cast(churned as integer) as churned
    from {{ ref('lbl_churn_outcomes') }}
    where
        snapshot_date in (select days.snapshot_date from judged_days as days)
        {%- if is_incremental() %}
        and (
            snapshot_date not in (select known.snapshot_date from {{ this }} as known)
            or snapshot_date in (
                select runs.snapshot_date from {{ source('ops', 'run_dates') }} as runs
                where runs.purpose = 'daily'
            )
        )
        {%- endif %}
),

warnings as (
    select * from {{ ref('customer_warnings_daily') }}
),

features as (
    select
        customer_id,
        snapshot_date,
        days_since_last_order,
        is_reachable,
        overdue_on - snapshot_date as days_to_limit
    from {{ ref('feat_customer_snapshots') }}
    where snapshot_date in (select outcomes.snapshot_date from outcomes)
),

scored_days as (
    select distinct snapshot_date from {{ ref('stg_ml__churn_scores') }}
),

-- Without a run on the day before it is unknown who has just entered a tier.
tiers as (
    select
        outcomes.customer_id,
        outcomes.snapshot_date,
        outcomes.churned,
        {{ risk_tier('scores.churn_probability') }} as tier,
        {{ risk_tier('the_day_before.churn_probability') }} as tier_before
    from outcomes
    inner join {{ ref('stg_ml__churn_scores') }} as scores
        on
            outcomes.customer_id = scores.customer_id
            and outcomes.snapshot_date = scores.snapshot_date
    inner join scored_days on outcomes.snapshot_date - 1 = scored_days.snapshot_date
    left join {{ ref('stg_ml__churn_scores') }} as the_day_before
        on
            outcomes.customer_id = the_day_before.customer_id
            and outcomes.snapshot_date - 1 = the_day_before.snapshot_date
),

totals as (
    select
        outcomes.snapshot_date,
        avg(outcomes.churned) as base_rate,
        avg(outcomes.churned) filter (where features.is_reachable) as reachable_base_rate,
        sum(outcomes.churned) as churned_customers
    from outcomes
    left join features using (customer_id, snapshot_date)
    group by outcomes.snapshot_date
),

judged as (
    select
        warnings.snapshot_date,
        warnings.customer_id,
        warnings.axis,
        warnings.signal,
        warnings.severity,
        warnings.is_shown,
        outcomes.churned,
        features.days_since_last_order,
        features.is_reachable,
        features.days_to_limit
    from warnings
    inner join outcomes using (customer_id, snapshot_date)
    left join features using (customer_id, snapshot_date)
    union all
    select
        warnings.snapshot_date,
        warnings.customer_id,
        null as axis,
        'any_signal' as signal,
        min_by(
            warnings.severity,
            case warnings.severity when 'high' then 1 when 'medium' then 2 else 3 end
        ) as severity,
        bool_or(warnings.is_shown) as is_shown,
        any_value(outcomes.churned) as churned,
        any_value(features.days_since_last_order) as days_since_last_order,
        any_value(features.is_reachable) as is_reachable,
        any_value(features.days_to_limit) as days_to_limit
    from warnings
    inner join outcomes using (customer_id, snapshot_date)
    left join features using (customer_id, snapshot_date)
    group by warnings.snapshot_date, warnings.customer_id
    union all
    select
        tiers.snapshot_date,
        tiers.customer_id,
        null as axis,
        'entered_tier' as signal,
        tiers.tier as severity,
        true as is_shown,
        tiers.churned,
        features.days_since_last_order,
        features.is_reachable,
        features.days_to_limit
    from tiers
    left join features using (customer_id, snapshot_date)
    where
        (tiers.tier = 'high' and tiers.tier_before is distinct from 'high')
        or (tiers.tier = 'medium' and coalesce(tiers.tier_before, 'low') = 'low')
),

counted as (
    select
        snapshot_date,
        any_value(axis) as axis,
        signal,
        severity,
        count(*) as warned,
        count(*) filter (where is_shown) as shown,
        sum(churned) as churned,
        avg(churned) as churn_rate,
        median(days_since_last_order) filter (where churned = 1) as days_since_last_order,
        count(*) filter (where is_reachable) as reachable,
        avg(churned) filter (where is_reachable) as reachable_churn_rate,
        count(*) filter (where is_shown and is_reachable) as shown_reachable,
        sum(churned) filter (where is_shown and is_reachable) as shown_reachable_churned,
        median(days_to_limit) filter (where is_shown and is_reachable and churned = 1)
            as days_to_limit,
        median(days_since_last_order) filter (where is_shown and is_reachable and churned = 1)
            as shown_days_since_last_order,
        count(is_reachable) as with_status
    from judged
    group by snapshot_date, signal, severity
),

final as (
    select
        counted.snapshot_date,
        counted.axis,
        counted.signal,
        counted.severity,
        counted.warned,
        counted.shown,
        cast(counted.churned as bigint) as churned,
        round(counted.churn_rate, 10) as churn_rate,
        round(totals.base_rate, 10) as base_rate,
        round(counted.churn_rate / nullif(totals.base_rate, 0), 10) as lift,
        round(counted.churned / nullif(totals.churned_customers, 0), 10) as recall,
        counted.days_since_last_order as median_days_since_last_order,
        {%- if var('churn_kind') == 'contractual' %}
        cast(null as double) as median_lead_days,
        {%- else %}
        {{ var('eligible_days') }} - counted.days_since_last_order as median_lead_days,
        {%- endif %}
        {#- Days built by an earlier release have no status: unknown, not zero. -#}
        {%- set known = 'case when counted.with_status > 0 then ' %}
        {{ known }}counted.reachable end as reachable,
        round(counted.reachable_churn_rate, 10) as reachable_churn_rate,
        round(totals.reachable_base_rate, 10) as reachable_base_rate,
        {{ known }}counted.shown_reachable end as shown_reachable,
        {{ known }}cast(coalesce(counted.shown_reachable_churned, 0) as bigint) end
            as shown_reachable_churned,
        round(counted.shown_reachable_churned / nullif(counted.shown_reachable, 0), 10)
            as shown_reachable_churn_rate,
        {{ known }}round(
            coalesce(counted.shown_reachable_churned, 0) / nullif(totals.churned_customers, 0), 10
        ) end as shown_reachable_recall,
        counted.days_to_limit as median_days_to_limit,
        counted.shown_days_since_last_order as median_shown_days_since_last_order
    from counted
    inner join totals using (snapshot_date)
)

select * from final
