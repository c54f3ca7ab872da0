{#-
    Refunds are nested in their order: one row per payment back. An amount in the customer's currency
    is converted by the order's own rate, as in the amounts of orders.
-#}
with

source as (
    select * from {{ source('shopify', 'orders') }}
),

refunds as (
    select
        _load_id,
        _row,
        id as order_id,
        test,
        currency,
        case when json_valid(total_price_set) then total_price_set end as price_json,
        unnest(
            json_extract(case when json_valid(refunds) then refunds end, '$[*]')
        ) as refund
    from source
),

payments as (
    select
        *,
        unnest(json_extract(refund, '$.transactions[*]')) as payment
    from refunds
),

written as (
    select
        *,
        json_extract_string(payment, '$.amount') as raw_amount,
        coalesce(
            json_extract_string(payment, '$.processed_at'),
            json_extract_string(refund, '$.created_at')
        ) as raw_time,
        json_extract_string(price_json, '$.shop_money.amount') as shop_price,
        json_extract_string(price_json, '$.presentment_money.amount') as presentment_price
    from payments
    where
        json_extract_string(payment, '$.kind') = 'refund'
        and json_extract_string(payment, '$.status') = 'success'
),

read as (
    select
        *,
        {{ read_amount('raw_amount', scale=4) }} as paid_amount,
        cast({{ read_amount('shop_price') }} as double)
        / nullif(cast({{ read_amount('presentment_price') }} as double), 0) as shop_rate,
        {{ read_timestamp('raw_time') }} as refunded_at
    from written
),

parsed as (
    select
        *,
        case
            when coalesce(json_extract_string(payment, '$.currency'), currency) = currency
                then paid_amount
            else round(cast(paid_amount as double) * shop_rate, 2)
        end as amount
    from read
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            case when test = 'true' then 'refund of a test order' end,
            {{ first_failed([
                ('raw_amount', 'amount', 'amount'),
            ]) }}
        ) as _reject_reason,
        'shopify' as source,
        coalesce(
            json_extract_string(payment, '$.id'), order_id || ':' || raw_time || ':' || raw_amount
        ) as source_refund_id,
        order_id as source_order_id,
        refunded_at,
        amount,
        currency
    from parsed
),

final as (
    select * from renamed
)

select * from final
