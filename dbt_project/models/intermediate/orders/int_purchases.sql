{{ config(materialized='ephemeral') }}

{#-
    Orders as purchases: one row per order and interval of days on which it counted (counts_from <=
    day < counts_to).

    An order counts from the day on which it was placed and known until it is cancelled or wholly
    refunded. Where the source gives the day, the purchase ends on it and earlier days keep it: a
    refund known today must not change last month. Otherwise the change counts from the delivery
    that first contained it.
-#}
with

orders as (
    select
        versions.*,
        cast(versions.ordered_at as date) as ordered_on,
        {{ voided_on('versions') }} as voided_on
    from {{ ref('int_orders_versions') }} as versions
    where versions._reject_reason is null and versions.source_customer_id is not null
),

final as (
    select
        source,
        source_order_id,
        source_customer_id,
        ordered_at,
        ordered_on,
        gross_amount,
        discount_amount,
        net_amount,
        coupon_code is not null as has_coupon,
        coalesce(discount_amount, 0) > 0 or coupon_code is not null as is_discounted,
        greatest(known_from, ordered_on) as counts_from,
        least(known_to, voided_on) as counts_to
    from orders
    where greatest(known_from, ordered_on) < least(known_to, voided_on)
)

select * from final
