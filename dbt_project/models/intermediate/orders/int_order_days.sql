{#-
    Daily aggregates of orders: one row per source record and day. Purchases are on the day of
    the order, refunds and cancellations on the day on which they happened. A refund of an order
    reduces the net amount of the purchase; one of no order has a negative net amount on its own
    day. An unknown amount is null, and `valued_orders` counts the orders with a known one. Each
    row has the interval on which it was known (known_from <= day < known_to) and on which it
    counts for the customer (counts_from <= day < counts_to). A record that changed its customer
    has its rows once for each customer.

    All models that read customers' orders read this one: orders, records, customers and
    neighbouring days are joined here once a run, and later joins use numbers.
-#}
{%- set basket_columns = [
    'units', 'line_count', 'margin_amount', 'category_mask', 'category_counters'
] %}
{%- set is_whole = 'coalesce(packed_from <= known_from, true)' %}
with

identities as (
    select
        record_no,
        source,
        source_customer_id,
        customer_no,
        valid_from,
        valid_to,
        is_first_stretch
    from {{ ref('int_identity_history') }}
),

records as (
    select
        record_no,
        source,
        source_customer_id
    from identities
    where is_first_stretch
),

baskets as (
    select * from {{ ref('int_order_baskets') }}
),

-- One row per purchase and basket that was known while the purchase counted.
packed_purchases as (
    select
        records.record_no,
        purchases.ordered_on as activity_date,
        purchases.counts_from as known_from,
        purchases.counts_to as known_to,
        purchases.gross_amount,
        purchases.discount_amount,
        purchases.net_amount,
        cast(purchases.net_amount is not null as integer) as valued_orders,
        cast(purchases.has_coupon as integer) as coupon_orders,
        cast(purchases.is_discounted as integer) as discounted_orders,
        baskets.units,
        cast(baskets.line_count as integer) as line_count,
        cast(purchases.net_amount - baskets.cost_amount as {{ money_type() }}) as margin_amount,
        baskets.category_mask,
        baskets.category_counters,
        coalesce(baskets.category_numbers, []) as category_numbers,
        baskets.known_from as packed_from,
        baskets.known_to as packed_to
    from {{ ref('int_purchases') }} as purchases
    inner join records using (source, source_customer_id)
    left join baskets
        on
            purchases.source = baskets.source
            and purchases.source_order_id = baskets.source_order_id
            and purchases.counts_from < baskets.known_to
            and baskets.known_from < purchases.counts_to
),

-- Baskets have no end: the last one of a purchase is known at its end. A basket known throughout,
-- as nearly all are, stands in the row of the purchase; otherwise each has a row of its own.
purchases as (
    select
        * exclude (packed_from, packed_to) replace (
            {%- for column in basket_columns %}
            case when {{ is_whole }} then {{ column }} end as {{ column }},
            {%- endfor %}
            case when {{ is_whole }} then category_numbers else [] end as category_numbers
        ),
        not {{ is_whole }} as is_unpacked
    from packed_purchases
    where packed_to is null or packed_to >= known_to
),

basket_days as (
    select
        record_no,
        activity_date,
        greatest(known_from, packed_from) as known_from,
        least(known_to, packed_to) as known_to,
        {%- for column in basket_columns %}
        {{ column }},
        {%- endfor %}
        category_numbers
    from packed_purchases
    where line_count is not null and (packed_from > known_from or packed_to < known_to)
),

orders as (
    select
        records.record_no,
        orders.*
    from {{ ref('int_orders_versions') }} as orders
    inner join records using (source, source_customer_id)
    where
        orders._reject_reason is null
        and orders.status = 'cancelled'
        and orders.known_from < orders.known_to
),

-- Purchases before and after each purchase, of the same day or not, and the latest earlier day that
-- was known on itself: a late delivery must not change a gap that earlier runs have seen.
placed_purchases as (
    select
        *,
        coalesce(activity_date = lag(activity_date) over of_record, false) as follows_on_day,
        coalesce(activity_date = lead(activity_date) over of_record, false) as is_followed_on_day,
        last_value(case when known_from = activity_date then activity_date end ignore nulls) over (
            partition by record_no
            order by activity_date
            rows between unbounded preceding and 1 preceding
        ) as paused_since
    from purchases
    window of_record as (partition by record_no order by activity_date)
),

-- One of a hundred purchase days has two purchases; the others need no aggregation.
single_purchase_days as (
    select
        * exclude (follows_on_day, is_followed_on_day, paused_since, is_unpacked),
        is_unpacked as may_share_day,
        cast(1 as integer) as orders,
        cast(activity_date - paused_since as integer) as gap_days
    from placed_purchases
    where not follows_on_day and not is_followed_on_day
),

shared_purchase_days as (
    select
        record_no,
        activity_date,
        known_from,
        known_to,
        cast(sum(gross_amount) as {{ money_type() }}) as gross_amount,
        cast(sum(discount_amount) as {{ money_type() }}) as discount_amount,
        cast(sum(net_amount) as {{ money_type() }}) as net_amount,
        cast(sum(valued_orders) as integer) as valued_orders,
        cast(sum(coupon_orders) as integer) as coupon_orders,
        cast(sum(discounted_orders) as integer) as discounted_orders,
        sum(units) as units,
        cast(sum(line_count) as integer) as line_count,
        cast(sum(margin_amount) as {{ money_type() }}) as margin_amount,
        bit_or(category_mask) as category_mask,
        sum(category_counters) as category_counters,
        list_sort(list_distinct(flatten(list(category_numbers)))) as category_numbers,
        cast(count(*) as integer) as orders,
        bool_or(is_unpacked) as is_unpacked,
        max(paused_since) filter (where not follows_on_day) as paused_since
    from placed_purchases
    where follows_on_day or is_followed_on_day
    group by record_no, activity_date, known_from, known_to
),

spaced_purchase_days as (
    select
        * exclude (paused_since),
        count(*) over of_day = 1 as is_alone,
        cast(activity_date - max(paused_since) over of_day as integer) as gap_days
    from shared_purchase_days
    window of_day as (partition by record_no, activity_date)
),

-- A new version of an order adds rows to its day; the gap before the day must not be repeated. With
-- several rows it has a row of its own for each interval on which any of them counts.
reached_purchase_days as (
    select
        *,
        max(known_to) over (
            partition by record_no, activity_date
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
            partition by record_no, activity_date
            order by known_from, known_to
            rows between unbounded preceding and current row
        ) as stretch_no
    from reached_purchase_days
),

pauses as (
    select
        record_no,
        activity_date,
        min(known_from) as known_from,
        max(known_to) as known_to,
        any_value(gap_days) as gap_days
    from stretched_purchase_days
    group by record_no, activity_date, stretch_no
),

refund_days as (
    select
        records.record_no,
        refunds.refunded_on as activity_date,
        refunds.known_from,
        refunds.known_to,
        cast(count(*) as integer) as refunds,
        cast(sum(refunds.amount) as {{ money_type() }}) as refunded_amount,
        cast(-sum(refunds.amount) filter (refunds.is_of_customer) as {{ money_type() }})
            as net_amount
    from {{ ref('int_order_refunds') }} as refunds
    inner join records using (source, source_customer_id)
    where refunds.known_from < refunds.known_to
    group by all
),

cancellation_days as (
    select
        record_no,
        cast(cancelled_at as date) as activity_date,
        greatest(known_from, cast(cancelled_at as date)) as known_from,
        known_to,
        cast(count(*) as integer) as cancellations
    from orders
    where cancelled_at is not null
    group by all
),

record_days as (
    select * from single_purchase_days
    union all by name
    select
        * exclude (is_alone, is_unpacked)
        replace (case when is_alone then gap_days end as gap_days),
        not is_alone or is_unpacked as may_share_day
    from spaced_purchase_days
    union all by name
    select
        *,
        true as may_share_day
    from basket_days
    union all by name
    select * from pauses
    union all by name
    select * from refund_days
    union all by name
    select * from cancellation_days
),

-- A customer with several records, or with one that came back, may have several rows for a day.
crowded_customers as (
    select identities.customer_no
    from (select distinct record_no from placed_purchases) as buyers
    inner join identities using (record_no)
    group by identities.customer_no
    having count(*) > 1
),

customer_days as (
    select
        identities.customer_no,
        identities.is_first_stretch,
        greatest(record_days.known_from, identities.valid_from) as counts_from,
        least(record_days.known_to, identities.valid_to) as counts_to,
        crowded_customers.customer_no is not null
        or coalesce(record_days.may_share_day, false) as may_share_day,
        record_days.* exclude (may_share_day)
    from record_days
    inner join identities using (record_no)
    left join crowded_customers on identities.customer_no = crowded_customers.customer_no
),

shared_days as (
    select
        customer_no,
        activity_date
    from customer_days
    where coalesce(orders, line_count) is not null and may_share_day
    group by all
    having count(*) > 1
),

final as (
    select
        customer_days.* exclude (may_share_day),
        coalesce(customer_days.orders, customer_days.line_count) is not null
        and shared_days.customer_no is not null as shares_day
    from customer_days
    left join shared_days using (customer_no, activity_date)
    order by customer_days.customer_no, customer_days.activity_date
)

select * from final
