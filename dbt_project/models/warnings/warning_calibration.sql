{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='as_of_date',
    )
}}

{#-
    Churn rate of each signal: the share of customers with the signal on a past date who had churned
    one horizon later. A training writes the rows of its own dates, whose outcomes were all known on
    the day of the training; no other run does. Warnings of a day are judged by the latest training
    before it.

    Customers who can still be reached are calibrated apart from those who are overdue: the same signal
    means less for the former, whose base rate is lower.
-#}
with

training as (
    select
        runs.snapshot_date,
        days.as_of_date
    from {{ source('ops', 'run_dates') }} as runs
    cross join (
        select max(snapshot_date) as as_of_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ) as days
    where runs.purpose = 'training'
),

outcomes as (
    select
        training.as_of_date,
        outcomes.customer_id,
        outcomes.snapshot_date,
        features.is_reachable,
        cast(outcomes.churned as integer) as churned
    from {{ ref('lbl_churn_outcomes') }} as outcomes
    inner join training on outcomes.snapshot_date = training.snapshot_date
    inner join {{ ref('feat_customer_snapshots') }} as features
        on
            outcomes.customer_id = features.customer_id
            and outcomes.snapshot_date = features.snapshot_date
    where outcomes.matured_on <= training.as_of_date
),

bases as (
    select
        snapshot_date,
        is_reachable,
        avg(churned) as base_rate
    from outcomes
    group by snapshot_date, is_reachable
),

signals as (
    select * from {{ ref('fct_warning_signals') }}
),

counted as (
    select
        outcomes.as_of_date,
        signals.signal,
        signals.strength,
        outcomes.is_reachable,
        count(*) as warned,
        count(distinct outcomes.customer_id) as customers,
        sum(outcomes.churned) as churned,
        avg(outcomes.churned) as churn_rate,
        avg(bases.base_rate) as base_rate
    from signals
    inner join outcomes using (customer_id, snapshot_date)
    inner join bases
        on
            outcomes.snapshot_date = bases.snapshot_date
            and outcomes.is_reachable is not distinct from bases.is_reachable
    group by all
),

-- A customer with warnings on several dates counts as one case.
judged as (
    select
        *,
        {{ share_at_least('churn_rate', 'customers') }} as churn_rate_low
    from counted
),

final as (
    select
        as_of_date,
        signal,
        strength,
        warned,
        customers,
        cast(churned as bigint) as churned,
        round(churn_rate, 10) as churn_rate,
        round(churn_rate_low, 10) as churn_rate_low,
        round(base_rate, 10) as base_rate,
        round(churn_rate / nullif(base_rate, 0), 10) as lift,
        case
            when customers >= 10 and churn_rate_low >= {{ severe_from('base_rate', 2) }} then 'high'
            when customers >= 10 and churn_rate_low >= {{ severe_from('base_rate', 1.5) }}
                then 'medium'
            else 'low'
        end as severity,
        is_reachable
    from judged
)

select * from final
