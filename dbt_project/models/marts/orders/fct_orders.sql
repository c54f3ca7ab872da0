{#- One row per order placed by the as-of date, in the state known on that date. -#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    select
        history.source,
        history.source_customer_id,
        history.customer_id
    from {{ ref('int_identity_history') }} as history
    inner join as_of
        on
            history.valid_from <= as_of.as_of_date
            and as_of.as_of_date < history.valid_to
),

customers as (
    select
        customer_id,
        first_order_at
    from {{ ref('dim_customers') }}
),

orders as (
    select orders.*
    from {{ ref('int_orders_versions') }} as orders
    cross join as_of
    where
        orders._reject_reason is null
        and orders.known_from <= as_of.as_of_date
        and as_of.as_of_date < orders.known_to
        and cast(orders.ordered_at as date) <= as_of.as_of_date
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
        orders.currency,
        orders.gross_amount,
        orders.discount_amount,
        orders.net_amount,
        orders.coupon_code,
        orders.sales_channel
    from orders
    cross join as_of
    left join identities
        on
            orders.source = identities.source
            and orders.source_customer_id = identities.source_customer_id
),

-- The order with the smallest id among several orders placed at that moment.
first_orders as (
    select min(attributed.order_id) as order_id
    from attributed
    inner join customers
        on
            attributed.customer_id = customers.customer_id
            and attributed.ordered_at = customers.first_order_at
    group by attributed.customer_id
),

final as (
    select
        attributed.*,
        first_orders.order_id is not null as is_first_order
    from attributed
    left join first_orders on attributed.order_id = first_orders.order_id
)

select * from final
