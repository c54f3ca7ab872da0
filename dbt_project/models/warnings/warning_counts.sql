{{ config(materialized='ephemeral') }}

{#-
    Event counts of each eligible customer on each date of the run, daily and training. Each signal
    has the count of the latest window, the count of the history before, and both lengths. Windows
    are whole weeks, so that every weekday has equal weight.
-#}
{%- set falling, sliding = falling_counts(), sliding_counts() %}
with

dates as (
    select distinct snapshot_date from {{ source('ops', 'run_dates') }}
),

identities as (
    {{ ids_by_number() }}
),

features as (
    select
        identities.customer_no,
        features.customer_id,
        features.snapshot_date,
        features.tenure_days,
        features.days_since_last_order,
        features.days_since_first_order,
        features.purchase_days_lifetime,
        features.orders_lifetime,
        features.orders_90d,
        features.orders_365d,
        features.refunds_90d,
        features.refunds_365d,
        features.mean_gap_days,
        features.gap_days_stddev,
        features.cart_adds_30d,
        features.cart_adds_90d,
        features.checkouts_30d,
        features.checkouts_90d,
        features.tickets_30d,
        features.tickets_365d,
        features.days_since_last_ticket,
        features.ratings_365d,
        features.bad_ratings_365d,
        features.negative_texts_90d,
        features.days_since_negative_text,
        features.csat_365d,
        features.last_csat,
        features.last_rating,
        -- Of contracts; other customers have no such status.
        coalesce(features.lifecycle_status = 'past_due', false) as has_payment_overdue
    from {{ ref('feat_customer_snapshots') }} as features
    semi join dates on features.snapshot_date = dates.snapshot_date
    inner join identities using (customer_id)
    where features.is_eligible
),

-- A column without a value for any customer is unknown. Where the source has rows of other
-- customers, a customer without rows has a count of zero.
known_sources as (
    select
        snapshot_date,
        bool_or(tickets_365d is not null) as has_tickets,
        bool_or(ratings_365d is not null) as has_ratings
    from features
    group by snapshot_date
),

purchases as (
    select
        customer_no,
        snapshot_date,
        category_counters_365d,
        category_counters_90d,
        order_windows,
        order_weeks
    from {{ ref('feat_purchases') }}
),

behaviour as (
    select
        customer_no,
        snapshot_date,
        unsubscribes_90d,
        days_since_first_activity,
        active_windows,
        email_windows,
        feature_windows,
        failure_windows,
        active_weeks
    from {{ ref('feat_behaviour') }}
),

demand as (
    select
        customer_no,
        snapshot_date,
        overdue_category_number,
        overdue_purchase_days,
        overdue_days_since_last,
        overdue_gap_days
    from {{ ref('feat_category_demand') }}
),

-- History begins after the first day. Every customer has an event on the first day, so that day
-- contains no information about the rate.
counted as (
    select
        features.*,
        purchases.* exclude (customer_no, snapshot_date),
        behaviour.* exclude (customer_no, snapshot_date),
        demand.* exclude (customer_no, snapshot_date),
        {%- for signal, measure in falling.items() %}
        {%- set counts = measure.counts ~ '_windows' %}
        {%- set since = 'days_since_first_' ~ measure.since %}
        {{ in_window(counts, 0) }}
        {%- if signal in sliding %} + {{ in_window(counts, 1) }}{% endif %} as {{ signal }}_recent,
        {{ in_window(counts, 2) }}
        {%- if signal not in sliding %} + {{ in_window(counts, 1) }}{% endif %}
        {%- if measure.counts in ['order', 'active'] %}
        - cast(
            {{ since }} between {{ measure.window }} and {{ measure.history - 1 }} as integer
        )
        {%- endif %} as {{ signal }}_past,
        {{ measure.window }} as {{ signal }}_window,
        case
            when {{ since }} >= {{ 2 * measure.window }}
                then {{ at_most(since, measure.history) }} - {{ measure.window }}
        end as {{ signal }}_span,
        {%- endfor %}
        case when known_sources.has_tickets then coalesce(tickets_30d, 0) end
            as complaints_rising_recent,
        coalesce(tickets_365d - tickets_30d, 0) as complaints_rising_past,
        30 as complaints_rising_window,
        case
            when known_sources.has_tickets
                then {{ at_least(at_most('tenure_days', 364) ~ ' - 29', 0) }}
        end as complaints_rising_span,
        refunds_90d as returns_rising_recent,
        refunds_365d - refunds_90d as returns_rising_past,
        orders_90d as returns_rising_window,
        orders_365d - orders_90d as returns_rising_span,
        {{ in_window('failure_windows', 0) }} as failures_rising_recent,
        {{ in_window('failure_windows', 1) }} + {{ in_window('failure_windows', 2) }}
            as failures_rising_past,
        28 as failures_rising_window,
        {{ at_least(at_most('days_since_first_activity', 251) ~ ' - 27', 0) }}
            as failures_rising_span,
        cart_adds_30d as carts,
        {{ at_least('cart_adds_30d - checkouts_30d', 0) }} as abandoned,
        cart_adds_90d - cart_adds_30d as past_carts,
        {{ at_least('(cart_adds_90d - cart_adds_30d) - (checkouts_90d - checkouts_30d)', 0) }}
            as past_abandoned
    from features
    inner join known_sources using (snapshot_date)
    left join purchases using (customer_no, snapshot_date)
    left join behaviour using (customer_no, snapshot_date)
    left join demand using (customer_no, snapshot_date)
)

select * from counted
