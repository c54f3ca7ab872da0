{{ config(materialized='ephemeral') }}

{#-
    Orders as purchases: one row per order and interval of days on which it counted (counts_from <=
    day < counts_to) with one amount. Which orders are purchases: macro `is_purchase`.

    An order counts from the day on which it was placed and known until it is cancelled or wholly
    refunded. A partial refund reduces its net amount from the day of the refund on. Where the
    source gives the day, earlier days keep the purchase and its amount: a refund known today must
    not change last month. Otherwise the change counts from the delivery that first contained it.
    The net amount is null where the order's currency has no rate.
-#}
with

orders as (
    select
        versions.*,
        cast(versions.ordered_at as date) as ordered_on,
        {{ purchase_amount('versions') }} as purchase_amount,
        {{ revenue_amount('versions') }} as revenue_amount,
        {{ voided_on('versions') }} as voided_on
    from {{ orders_in_currency() }} as versions
    where versions.source_customer_id is not null and {{ is_purchase('versions') }}
),

placed as (
    select
        source,
        source_order_id,
        source_customer_id,
        ordered_at,
        ordered_on,
        gross_amount,
        discount_amount,
        purchase_amount as net_amount,
        revenue_amount as original_amount,
        coupon_code is not null as has_coupon,
        coalesce(discount_amount, 0) > 0 or coupon_code is not null as is_discounted,
        greatest(known_from, ordered_on) as counts_from,
        least(known_to, voided_on) as counts_to
    from orders
    where greatest(known_from, ordered_on) < least(known_to, voided_on)
),

reductions as (
    select
        placed.source,
        placed.source_order_id,
        placed.counts_from,
        placed.counts_to,
        refunds.original_amount,
        refunds.amount,
        greatest(refunds.known_from, placed.counts_from) as known_from,
        least(refunds.known_to, placed.counts_to) as known_to
    from placed
    inner join {{ ref('int_order_refunds') }} as refunds
        on
            placed.source = refunds.source
            and placed.source_order_id = refunds.source_order_id
            and refunds.known_from < placed.counts_to
            and placed.counts_from < refunds.known_to
    where refunds.known_from < refunds.known_to
),

-- Days on which the amount may change, the first day of the interval among them.
moments as (
    select distinct
        source,
        source_order_id,
        counts_from,
        counts_to,
        unnest([counts_from, known_from, known_to]) as day
    from reductions
),

stretches as (
    select
        *,
        lead(day, 1, counts_to) over (
            partition by source, source_order_id, counts_from order by day
        ) as next_day
    from moments
    where day < counts_to
),

reduced as (
    select
        stretches.source,
        stretches.source_order_id,
        stretches.counts_from,
        stretches.day,
        stretches.next_day,
        coalesce(sum(reductions.original_amount), 0) as original_refunded_amount,
        case when count(*) = count(reductions.amount) or count(reductions.known_from) = 0
            then coalesce(sum(reductions.amount), 0) end as refunded_amount
    from stretches
    left join reductions
        on
            stretches.source = reductions.source
            and stretches.source_order_id = reductions.source_order_id
            and stretches.counts_from = reductions.counts_from
            and reductions.known_from <= stretches.day
            and stretches.day < reductions.known_to
    group by all
),

kept as (
    select placed.* exclude (original_amount) from placed
    anti join reduced using (source, source_order_id, counts_from)
    union all
    select
        placed.* exclude (original_amount) replace (
            cast(
                case
                    when placed.net_amount = 0 then 0
                    else placed.net_amount - reduced.refunded_amount
                end as {{ money_type() }}
            ) as net_amount,
            reduced.day as counts_from,
            reduced.next_day as counts_to
        )
    from placed
    inner join reduced using (source, source_order_id, counts_from)
    where reduced.original_refunded_amount < placed.original_amount
),

final as (
    select * from kept
)

select * from final
