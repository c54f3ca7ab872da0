{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Warnings about each eligible customer: one row per customer, day and signal. The severity is the
    past churn rate of the signal (warning_calibration) among customers who can still be reached, or
    among the overdue. Before any training there is no such rate:
    the strongest signals are then medium, others low, and none is high.

    The budget is a number of false alarms a day. Customers who can still be reached are taken first,
    because a warning after the customer's own limit is late, and among them those with enough days
    before that limit for an action to take effect (days_to_act). Within each group the order is the
    churn probability, then the past churn rate of the warnings, the p-value and the value at risk.
    Customers are taken until as many of them would stay as the deployment allows. Other warnings
    are kept with is_shown false.

    A warning is new compared with the rows of the day before, shown or not. So it is new by the
    customer's own data, and not because other customers left the list. A day built earlier that
    follows a date of the run is compared again, as in segment_movements_daily.
-#}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

signals as (
    {{ of_daily_dates(ref('fct_warning_signals')) }}
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
        churn_probability,
        value_at_risk
    from {{ ref('customer_risk_daily') }}
),

features as (
    {{ of_daily_dates(ref('feat_customer_snapshots')) }}
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
        risks.churn_probability,
        risks.value_at_risk,
        features.lifecycle_status,
        features.is_reachable,
        features.overdue_on,
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
    left join features
        on
            signals.customer_id = features.customer_id
            and signals.snapshot_date = features.snapshot_date
    left join calibrations
        on
            trainings.as_of_date = calibrations.as_of_date
            and signals.signal = calibrations.signal
            and signals.strength = calibrations.strength
            -- A calibration of an earlier release is of all customers.
            and coalesce(
                calibrations.is_reachable = features.is_reachable, calibrations.is_reachable is null
            )
    left join categories using (category_number)
    left join risks
        on
            signals.customer_id = risks.customer_id
            and signals.snapshot_date = risks.snapshot_date
),

-- The lower bound of the churn rate counts, because a rate of three cases must not lead the list.
-- Without past cases an alarm counts as false.
customers as (
    select
        customer_id,
        snapshot_date,
        coalesce(any_value(is_reachable), false) as is_reachable,
        any_value(overdue_on - snapshot_date) as days_to_limit,
        any_value(churn_probability) as churn_probability,
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
            order by
                not is_reachable, days_to_limit < {{ days_to_act() }} nulls first,
                -churn_probability nulls last, -churn_rate_low, p_value,
                -value_at_risk, customer_id
        )
),

warnings as (
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
        judged.calibrated_on,
        judged.lifecycle_status,
        judged.is_reachable,
        judged.overdue_on
    from judged
    inner join ranked using (customer_id, snapshot_date)
),

warnings_and_neighbours as (
    select * from warnings
    {%- if is_incremental() %}
    union all by name
    select built.*
    from {{ this }} as built
    semi join (
        select snapshot_date - 1 as snapshot_date from dates
        union
        select snapshot_date + 1 as snapshot_date from dates
        except
        select snapshot_date from dates
    ) as neighbours on built.snapshot_date = neighbours.snapshot_date
    {%- endif %}
),

-- A day without warnings was built all the same: every eligible customer has a risk.
built_days as (
    select distinct snapshot_date from {{ ref('customer_risk_daily') }}
    where
        snapshot_date in (
            select dates.snapshot_date - 1 from dates
            union
            select dates.snapshot_date from dates
        )
),

final as (
    select
        warnings.customer_id,
        warnings.snapshot_date,
        warnings.axis,
        warnings.signal,
        warnings.severity,
        warnings.observed,
        warnings.expected,
        warnings.period_days,
        warnings.category,
        warnings.p_value,
        warnings.strength,
        warnings.evidence,
        warnings.cause,
        warnings.churn_rate,
        warnings.churn_rate_low,
        warnings.lift,
        warnings.value_at_risk,
        warnings.priority,
        warnings.is_shown,
        case
            when built_days.snapshot_date is not null then the_day_before.signal is null
        end as is_new,
        warnings.calibrated_on,
        warnings.lifecycle_status,
        warnings.is_reachable,
        warnings.overdue_on
    from warnings_and_neighbours as warnings
    left join built_days on warnings.snapshot_date - 1 = built_days.snapshot_date
    left join warnings_and_neighbours as the_day_before
        on
            warnings.customer_id = the_day_before.customer_id
            and warnings.signal = the_day_before.signal
            and warnings.snapshot_date - 1 = the_day_before.snapshot_date
    where
        warnings.snapshot_date in (
            select dates.snapshot_date from dates
            union
            select dates.snapshot_date + 1 from dates
        )
)

select * from final
