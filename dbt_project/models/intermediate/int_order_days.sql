{#-
    Orders folded to one row a record and day: purchases by the day of the order, refunds and
    cancellations by the day on which they happened, each with the days on which it was known.
-#}
with

purchases as (
    select * from {{ ref('int_purchases') }}
),

baskets as (
    select * from {{ ref('int_order_baskets') }}
),

orders as (
    select * from {{ ref('int_orders_versions') }}
    where _reject_reason is null and source_customer_id is not null and known_from < known_to
),

purchase_days as (
    select
        purchases.source,
        purchases.source_customer_id,
        purchases.ordered_on as activity_date,
        purchases.counts_from as known_from,
        purchases.counts_to as known_to,
        cast(count(*) as integer) as orders,
        cast(sum(purchases.gross_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(purchases.discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(purchases.net_amount) as decimal(18, 2)) as net_amount,
        cast(count_if(purchases.has_coupon) as integer) as coupon_orders,
        cast(count_if(purchases.is_discounted) as integer) as discounted_orders,
        sum(baskets.units) as units,
        cast(sum(baskets.line_count) as integer) as line_count,
        cast(sum(purchases.net_amount - baskets.cost_amount) as decimal(18, 2)) as margin_amount,
        bit_or(baskets.category_mask) as category_mask,
        sum(baskets.category_counters) as category_counters,
        flatten(list(baskets.category_numbers)) as category_numbers
    from purchases
    left join baskets
        on
            purchases.source = baskets.source
            and purchases.source_order_id = baskets.source_order_id
    group by all
),

-- The pause before a purchase day, since the latest earlier one that was known on its own day: what
-- is delivered late must not change a pause that earlier runs have seen.
spaced_purchase_days as (
    select
        *,
        count(*) over (partition by source, source_customer_id, activity_date) = 1 as is_alone,
        cast(activity_date - max(case when known_from = activity_date then activity_date end) over (
            partition by source, source_customer_id
            order by activity_date
            range between unbounded preceding and interval 1 day preceding
        ) as integer) as gap_days
    from purchase_days
),

-- A day's rows multiply when one of its orders is told anew: the pause before the day must not.
-- Where there are several it has a row of its own for each stretch on which any of them counts.
reached_purchase_days as (
    select
        *,
        max(known_to) over (
            partition by source, source_customer_id, activity_date
            order by known_from, known_to
            rows between unbounded preceding and 1 preceding
        ) as reached
    from spaced_purchase_days
    where not is_alone and gap_days is not null
),

stretched_purchase_days as (
    select
        *,
        count(*) filter (where known_from > reached) over (
            partition by source, source_customer_id, activity_date
            order by known_from, known_to
            rows between unbounded preceding and current row
        ) as stretch_no
    from reached_purchase_days
),

pauses as (
    select
        source,
        source_customer_id,
        activity_date,
        min(known_from) as known_from,
        max(known_to) as known_to,
        any_value(gap_days) as gap_days
    from stretched_purchase_days
    group by source, source_customer_id, activity_date, stretch_no
),

refund_days as (
    select
        source,
        source_customer_id,
        cast(refunded_at as date) as activity_date,
        greatest(known_from, cast(refunded_at as date)) as known_from,
        known_to,
        cast(count(*) as integer) as refunds,
        cast(sum(coalesce(refunded_amount, net_amount)) as decimal(18, 2)) as refunded_amount
    from orders
    where status = 'refunded' and refunded_at is not null
    group by all
),

cancellation_days as (
    select
        source,
        source_customer_id,
        cast(cancelled_at as date) as activity_date,
        greatest(known_from, cast(cancelled_at as date)) as known_from,
        known_to,
        cast(count(*) as integer) as cancellations
    from orders
    where status = 'cancelled' and cancelled_at is not null
    group by all
),

final as (
    select * exclude (is_alone) replace (case when is_alone then gap_days end as gap_days)
    from spaced_purchase_days
    union all by name
    select * from pauses
    union all by name
    select * from refund_days
    union all by name
    select * from cancellation_days
    order by source, source_customer_id, activity_date
)

select * from final
