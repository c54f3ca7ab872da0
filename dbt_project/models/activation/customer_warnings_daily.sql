{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    What is wrong with a customer today: one row an eligible customer, day and signal. How severe it
    is, is what the signal meant in the past (warning_calibration). Before any training nobody knows:
    then what is hardly by chance is medium, and nothing is high.

    The budget is of false alarms a day: customers are taken in the order of how likely those with
    their warnings have left, then how unusual they are, then how much is at stake, until as many of
    them would stay as the deployment can bear. The rest is kept, and not shown.
-#}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

signals as (
    {{ of_daily_dates(ref('feat_warning_signals')) }}
),

catalogue as (
    select
        signal,
        axis,
        cause
    from {{ ref('warning_catalogue') }}
),

calibrations as (
    select * from {{ ref('warning_calibration') }}
),

categories as (
    {{ category_names() }}
),

risks as (
    select
        customer_id,
        snapshot_date,
        value_at_risk
    from {{ ref('customer_risk_daily') }}
),

trainings as (
    select
        dates.snapshot_date,
        max(calibrations.as_of_date) as as_of_date
    from dates
    inner join calibrations on calibrations.as_of_date <= dates.snapshot_date
    group by dates.snapshot_date
),

judged as (
    select
        signals.*,
        catalogue.axis,
        catalogue.cause,
        categories.category,
        risks.value_at_risk,
        trainings.as_of_date as calibrated_on,
        calibrations.churn_rate,
        calibrations.churn_rate_low,
        calibrations.lift,
        case
            when trainings.as_of_date is not null then coalesce(calibrations.severity, 'low')
            when signals.strength = 3 then 'medium'
            else 'low'
        end as severity
    from signals
    inner join catalogue using (signal)
    left join trainings using (snapshot_date)
    left join calibrations
        on
            trainings.as_of_date = calibrations.as_of_date
            and signals.signal = calibrations.signal
            and signals.strength = calibrations.strength
    left join categories using (category_number)
    left join risks using (customer_id, snapshot_date)
),

-- By what is sure of their strongest warning: a rate of three cases must not lead the list. Of whom
-- nothing is known from the past, the alarm is taken to be false.
customers as (
    select
        customer_id,
        snapshot_date,
        coalesce(max(churn_rate_low), 0) as churn_rate_low,
        min(p_value) as p_value,
        coalesce(any_value(value_at_risk), 0) as value_at_risk
    from judged
    group by all
),

ranked as (
    select
        customer_id,
        snapshot_date,
        row_number() over telling as priority,
        sum(cast(1 - churn_rate_low as decimal(18, 9))) over telling as false_alarms
    from customers
    window
        telling as (
            partition by snapshot_date
            order by -churn_rate_low, p_value, -value_at_risk, customer_id
        )
),

final as (
    select
        judged.customer_id,
        judged.snapshot_date,
        judged.axis,
        judged.signal,
        judged.severity,
        judged.observed,
        judged.expected,
        judged.period_days,
        judged.category,
        judged.p_value,
        judged.strength,
        {{ evidence_text('judged.signal', 'judged') }} as evidence,
        judged.cause,
        judged.churn_rate,
        judged.churn_rate_low,
        judged.lift,
        judged.value_at_risk,
        ranked.priority,
        ranked.false_alarms <= {{ var('false_alarms_per_day') }} as is_shown,
        judged.calibrated_on
    from judged
    inner join ranked using (customer_id, snapshot_date)
)

select * from final
