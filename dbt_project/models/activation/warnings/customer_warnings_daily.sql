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
    the strongest signals are then medium, others low, and none is high. The signal departing is
    judged by the departure probability itself (customer_departures_daily).

    The list of the day has customers with the signal departing, who can all be reached: a warning
    after the customer's own limit is late. They are ordered by the value that leaves with them, the
    departure probability times the expected value, until as many of them are expected to stay as the
    budget of false alarms allows.

    A customer stays on the list for a week and then rests for one horizon, so that the next customers
    come up. A signal that the customer did not have in the four weeks before ends the rest. The list
    of a day depends on the lists before it, so the days of a run are computed in their order.
    Other warnings are kept with is_shown false.

    A warning is new compared with the rows of the day before, shown or not. So it is new by the
    customer's own data, and not because other customers left the list. A day built earlier that
    follows a date of the run is compared again, as in segment_movements_daily.
-#}
{%- set listed, rested, forgotten = listed_days(), var('horizon_days'), new_signal_days() %}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

-- Rows of an earlier release have no listed_on.
earlier_warnings as (
    select
        cast(null as varchar) as customer_id,
        cast(null as varchar) as signal,
        cast(null as date) as snapshot_date,
        cast(null as boolean) as is_shown,
        cast(null as date) as listed_on
    where false
    {%- if is_incremental() %}
    union all by name
    select built.*
    from {{ this }} as built
    inner join (select min(snapshot_date) as first_date from dates) as first_day
        on
            built.snapshot_date < first_day.first_date
            and built.snapshot_date >= first_day.first_date - {{ listed + rested }}
    {%- endif %}
),

departures as (
    select * from {{ ref('customer_departures_daily') }}
),

signals as (
    {{ of_daily_dates(ref('fct_warning_signals')) }}
    union all by name
    select
        customer_id,
        snapshot_date,
        'departing' as signal,
        round(churn_probability, 6) as observed,
        round(interval_probability, 6) as expected,
        round(1 - departure_probability, 9) as p_value,
        1 as strength,
        {{ var('horizon_days') }} as period_days
    from departures
    where is_departing
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
        expected_value,
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
        risks.expected_value,
        risks.value_at_risk,
        departures.departure_probability,
        features.lifecycle_status,
        features.is_reachable,
        features.overdue_on,
        trainings.as_of_date as calibrated_on,
        calibrations.churn_rate,
        calibrations.churn_rate_low,
        calibrations.lift,
        case
            when
                signals.signal = 'departing'
                and departures.departure_probability
                >= {{ severe_from('departures.mean_departure_probability', 3) }}
                then 'high'
            when signals.signal = 'departing' then 'medium'
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
    left join departures
        on
            signals.customer_id = departures.customer_id
            and signals.snapshot_date = departures.snapshot_date
),

-- Days on which a signal appeared that the customer did not have in the weeks before.
signal_days as (
    select
        customer_id,
        signal,
        snapshot_date
    from judged
    union all
    select
        customer_id,
        signal,
        snapshot_date
    from earlier_warnings
),

signal_gaps as (
    select
        customer_id,
        snapshot_date,
        snapshot_date - lag(snapshot_date) over (
            partition by customer_id, signal order by snapshot_date
        ) as days_without
    from signal_days
),

new_signals as (
    select
        customer_id,
        snapshot_date,
        case
            when bool_or(coalesce(days_without > {{ forgotten }}, true)) then snapshot_date
        end as appeared_on
    from signal_gaps
    group by customer_id, snapshot_date
),

latest_new_signals as (
    select
        customer_id,
        snapshot_date,
        max(appeared_on) over (
            partition by customer_id
            order by snapshot_date
            range between interval {{ listed - 1 }} day preceding and current row
        ) as new_signal_on
    from new_signals
),

customers as (
    select
        customer_id,
        snapshot_date,
        coalesce(any_value(is_reachable), false) as is_reachable,
        bool_or(signal = 'departing') as is_departing,
        coalesce(any_value(departure_probability), 0) as departure_probability,
        any_value(departure_probability * expected_value) as departing_value,
        min(p_value) as p_value,
        coalesce(any_value(value_at_risk), 0) as value_at_risk
    from judged
    group by all
),

earlier_listings as (
    select
        customer_id,
        max(coalesce(listed_on, snapshot_date)) as listed_on
    from earlier_warnings
    where is_shown
    group by customer_id
),

numbered_days as (
    select
        snapshot_date,
        row_number() over (order by snapshot_date) as day_no
    from dates
),

-- Every customer who may be listed or rest on a day of the run, on each of its days.
listable as (
    select customer_id from customers
    where is_departing
    union
    select customer_id from earlier_listings
),

listable_days as (
    select
        listable.customer_id,
        numbered_days.snapshot_date,
        numbered_days.day_no,
        coalesce(customers.is_departing, false) as is_departing,
        customers.departure_probability,
        customers.departing_value,
        latest_new_signals.new_signal_on
    from listable
    cross join numbered_days
    left join customers
        on
            listable.customer_id = customers.customer_id
            and numbered_days.snapshot_date = customers.snapshot_date
    left join latest_new_signals
        on
            listable.customer_id = latest_new_signals.customer_id
            and numbered_days.snapshot_date = latest_new_signals.snapshot_date
),

listings as (
    with recursive listed_days as (
        select
            listable.customer_id,
            cast(null as date) as snapshot_date,
            cast(0 as bigint) as day_no,
            earlier_listings.listed_on,
            false as is_resting,
            false as is_shown
        from listable
        left join earlier_listings using (customer_id)
        union all
        select
            customer_id,
            snapshot_date,
            day_no,
            case
                when is_shown and not coalesce(listed_before > snapshot_date - {{ listed }}, false)
                    then snapshot_date
                else listed_before
            end as listed_on,
            is_resting,
            is_shown
        from (
            select
                *,
                is_departing and not is_resting and sum(
                    case
                        when is_departing and not is_resting
                            then cast(1 - departure_probability as decimal(18, 9))
                    end
                ) over (
                    order by
                        departing_value desc nulls last,
                        departure_probability desc nulls last,
                        customer_id asc
                ) <= {{ var('false_alarms_per_day') }} as is_shown
            from (
                select
                    listable_days.*,
                    listed_days.listed_on as listed_before,
                    coalesce(
                        listed_days.listed_on between
                        listable_days.snapshot_date - {{ listed + rested - 1 }}
                        and listable_days.snapshot_date - {{ listed }}
                        and not coalesce(
                            listable_days.new_signal_on > listed_days.listed_on, false
                        ),
                        false
                    ) as is_resting
                from listed_days
                inner join listable_days
                    on
                        listed_days.customer_id = listable_days.customer_id
                        and listed_days.day_no + 1 = listable_days.day_no
            ) as rests
        ) as days
    )

    select * from listed_days
    where day_no > 0
),

ranked as (
    select
        customers.customer_id,
        customers.snapshot_date,
        listings.listed_on,
        coalesce(listings.is_shown, false) as is_shown,
        row_number() over (
            partition by customers.snapshot_date
            order by
                not (customers.is_departing and not coalesce(listings.is_resting, false)) asc,
                not customers.is_reachable asc,
                case when customers.is_departing then customers.departing_value end
                    desc nulls last,
                customers.departure_probability desc,
                case when not customers.is_departing then customers.p_value end asc,
                case when not customers.is_departing then customers.value_at_risk end desc,
                customers.customer_id asc
        ) as priority
    from customers
    left join listings
        on
            customers.customer_id = listings.customer_id
            and customers.snapshot_date = listings.snapshot_date
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
        ranked.is_shown,
        judged.calibrated_on,
        judged.lifecycle_status,
        judged.is_reachable,
        judged.overdue_on,
        judged.departure_probability,
        ranked.listed_on
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
        warnings.overdue_on,
        warnings.departure_probability,
        warnings.listed_on
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
