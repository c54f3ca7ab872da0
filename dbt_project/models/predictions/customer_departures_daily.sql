{#-
    Departure probability of each scored customer on the dates of the run: the part of the churn
    probability that the customer's own intervals between orders do not explain.

    A customer who orders twice a year is likely to place no order within the horizon, and is no
    cause for alarm. With q, the probability of no order by the own intervals, the churn probability
    is d + (1 - d) q, and d is the departure probability. Under contract q is zero.

    A customer is departing who can still be reached and whose departure probability is at least
    twice the mean of those who can be reached. The mean of decimals does not depend on the order of
    the rows.
-#}
with

scores as (
    {{ of_daily_dates(ref('stg_ml__churn_scores')) }}
),

features as (
    {{ of_daily_dates(ref('feat_customer_snapshots')) }}
),

rhythm as (
    select * from {{ ref('int_company_rhythm') }}
),

explained as (
    select
        scores.customer_id,
        scores.snapshot_date,
        scores.churn_probability,
        features.is_reachable,
        {%- if var('churn_kind') == 'contractual' %}
        cast(0 as double) as interval_probability
        {%- else %}
        {{ no_order_by_own_interval(
            var('horizon_days'),
            'features.purchase_days_lifetime - 1',
            'features.days_since_first_order - features.days_since_last_order',
        ) }} as interval_probability
        {%- endif %}
    from scores
    inner join features
        on
            scores.customer_id = features.customer_id
            and scores.snapshot_date = features.snapshot_date
    left join rhythm on scores.snapshot_date = rhythm.snapshot_date
),

departures as (
    select
        *,
        case
            when churn_probability <= interval_probability then 0
            when churn_probability > interval_probability
                then
                    (churn_probability - interval_probability) / (1 - interval_probability)
        end as departure_probability
    from explained
),

compared as (
    select
        *,
        avg(cast(departure_probability as decimal(18, 9))) filter (where is_reachable) over (
            partition by snapshot_date
        ) as mean_departure_probability
    from departures
),

final as (
    select
        customer_id,
        snapshot_date,
        churn_probability,
        interval_probability,
        departure_probability,
        mean_departure_probability,
        coalesce(
            is_reachable
            and departure_probability > 0
            and departure_probability >= 2 * mean_departure_probability,
            false
        ) as is_departing
    from compared
)

select * from final
