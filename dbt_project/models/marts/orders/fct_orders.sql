{#- One row per order placed by the as-of date, in the state known on that date. -#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

customers as (
    select
        customer_id,
        first_order_at
    from {{ ref('dim_customers') }}
),

-- Not materialized: it is read a second time for the first orders, and 20 columns of all orders
-- would be held for that.
orders as not materialized (
    select
        orders.*,
        {{ is_purchase('orders') }} as is_purchase
    from {{ orders_in_currency() }} as orders
    cross join as_of
    where
        orders.known_from <= as_of.as_of_date
        and as_of.as_of_date < orders.known_to
        and cast(orders.ordered_at as date) <= as_of.as_of_date
),

refunds as (
    select
        refunds.source,
        refunds.source_order_id,
        cast(sum(refunds.amount) as {{ money_type() }}) as refunded_amount,
        count(*) > count(refunds.amount) as is_unknown,
        sum(refunds.excess_amount) as excess_amount
    from {{ ref('int_order_refunds') }} as refunds
    cross join as_of
    where
        refunds.source_order_id is not null
        and refunds.known_from <= as_of.as_of_date
        and as_of.as_of_date < refunds.known_to
    group by all
),

-- Orders whose amount was changed after they were placed, and the sums of their lines.
edited as (
    select
        versions.source,
        versions.source_order_id,
        arg_min(versions.net_amount, versions._load_id) as first_amount
    from {{ ref('int_orders_versions') }} as versions
    cross join as_of
    where versions._reject_reason is null and versions.known_from <= as_of.as_of_date
    group by all
    having min(versions.net_amount) != max(versions.net_amount)
),

edited_lines as (
    select
        edited.source,
        edited.source_order_id,
        any_value(edited.first_amount) - arg_min(baskets.line_amount, baskets.known_from)
            as first_difference,
        arg_max(baskets.line_amount, baskets.known_from) as line_amount
    from edited
    inner join {{ ref('int_order_baskets') }} as baskets
        on
            edited.source = baskets.source
            and edited.source_order_id = baskets.source_order_id
    cross join as_of
    where baskets.known_from <= as_of.as_of_date
    group by all
),

attributed as (
    select
        orders.source || ':' || orders.source_order_id as order_id,
        identities.customer_id,
        orders.source,
        orders.ordered_at,
        -- A cancellation or refund after the as-of date is not known on it.
        case
            when
                coalesce(cast(orders.cancelled_at as date), as_of.as_of_date) > as_of.as_of_date
                or coalesce(cast(orders.refunded_at as date), as_of.as_of_date) > as_of.as_of_date
                then 'completed'
            else orders.status
        end as status,
        case when orders.original_currency is not null then '{{ var("currency") }}' end as currency,
        orders.gross_amount,
        orders.discount_amount,
        orders.net_amount,
        case
            when refunds.is_unknown or orders.rate is null then null
            -- A credit note without an amount of its own.
            when orders.original_amount = 0 then coalesce(orders.refunded_amount, 0)
            else coalesce(refunds.refunded_amount, 0)
        end as refunded_amount,
        orders.original_currency,
        cast(orders.original_amount as decimal(18, 4)) as original_amount,
        orders.payment_kind,
        coalesce(orders.is_gift_card_sale, orders.gift_card_amount is not null)
            as is_gift_card_sale,
        case
            when orders.is_gift_card_sale
                then cast(orders.original_amount * orders.rate as {{ money_type() }})
            when orders.gift_card_amount is not null
                then cast(orders.gift_card_amount * orders.rate as {{ money_type() }})
            when orders.rate is not null then 0
        end as gift_card_amount,
        orders.is_purchase,
        case
            when orders.rate is null then 'no exchange rate: ' || orders.original_currency
            when refunds.excess_amount > 0
                then
                    'refunded beyond the order: ' || refunds.excess_amount
                    || coalesce(' ' || orders.original_currency, '')
            when
                abs(orders.original_amount - lines.line_amount) > 0.01
                and abs(
                    orders.original_amount - lines.line_amount - lines.first_difference
                ) > 0.01
                then 'edited, and its lines add up to ' || lines.line_amount
        end as amount_issue,
        orders.coupon_code,
        orders.sales_channel
    from orders
    cross join as_of
    left join refunds using (source, source_order_id)
    left join edited_lines as lines using (source, source_order_id)
    left join identities
        on
            orders.source = identities.source
            and orders.source_customer_id = identities.source_customer_id
),

-- The order with the smallest id among several orders placed at that moment.
first_orders as (
    select min(orders.source || ':' || orders.source_order_id) as order_id
    from orders
    inner join identities using (source, source_customer_id)
    inner join customers
        on
            identities.customer_id = customers.customer_id
            and orders.ordered_at = customers.first_order_at
    group by customers.customer_id
),

final as (
    select
        attributed.*,
        first_orders.order_id is not null as is_first_order
    from attributed
    left join first_orders on attributed.order_id = first_orders.order_id
)

select * from final
