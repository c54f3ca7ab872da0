{#-
    Amounts are in the shop's currency: total_price includes tax and shipping and is after
    discounts. A refund in the customer's currency is converted by the order's own rate.
-#}
{%- set paid_amount = "json_extract_string(paid, '$.amount')" -%}
with

source as (
    select * from {{ source('shopify', 'orders') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('coalesce(processed_at, created_at)') }} as ordered_at,
        {{ read_timestamp('cancelled_at') }} as parsed_cancelled_at,
        {{ read_amount('total_price') }} as net_amount,
        {{ read_amount('total_discounts') }} as discount_amount,
        case when json_valid(customer) then customer end as customer_json,
        case when json_valid(discount_codes) then discount_codes end as codes_json,
        case when json_valid(refunds) then refunds end as refunds_json,
        case when json_valid(total_price_set) then total_price_set end as price_json
    from source
),

refunded as (
    select
        *,
        json_extract_string(price_json, '$.shop_money.amount') as shop_price,
        json_extract_string(price_json, '$.presentment_money.amount') as presentment_price,
        cast({{ read_amount('shop_price') }} as double)
        / nullif(cast({{ read_amount('presentment_price') }} as double), 0) as shop_rate,
        list_filter(
            json_extract(refunds_json, '$[*].transactions[*]'),
            lambda paid: json_extract_string(paid, '$.kind') = 'refund'
            and json_extract_string(paid, '$.status') = 'success'
        ) as refund_payments,
        list_max(
            list_transform(
                json_extract_string(refunds_json, '$[*].created_at'),
                lambda refunded_at: {{ read_timestamp('refunded_at') }}
            )
        ) as last_refund_at
    from parsed
),

settled as (
    select
        *,
        try_cast(
            list_sum(
                list_transform(
                    refund_payments,
                    lambda paid: cast({{ read_amount(paid_amount) }} as double)
                    * case
                        when coalesce(json_extract_string(paid, '$.currency'), currency) = currency
                            then 1
                        else shop_rate
                    end
                )
            ) as {{ money_type() }}
        ) as paid_back,
        -- A refund without a payment records goods that were returned or never sent.
        coalesce(
            list_max(
                list_transform(
                    refund_payments,
                    lambda paid: {{ read_timestamp("json_extract_string(paid, '$.processed_at')") }}
                )
            ),
            case
                when financial_status = 'refunded' or len(refund_payments) > 0 then last_refund_at
            end
        ) as refunded_at,
        case
            when cancelled_at != '' then 'cancelled'
            when financial_status in ('paid', 'partially_refunded') then 'completed'
            when financial_status = 'refunded' then 'refunded'
            when financial_status in ('pending', 'authorized', 'partially_paid') then 'open'
            when financial_status in ('voided', 'expired') then 'cancelled'
        end as status
    from refunded
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            case when test = 'true' then 'test order' end,
            {{ first_failed([
                ('coalesce(processed_at, created_at)', 'ordered_at', 'processed_at'),
                ('financial_status', 'status', 'financial_status'),
                ('total_price', 'net_amount', 'total_price'),
            ]) }}
        ) as _reject_reason,
        {{ lost_fields([
            ('cancelled_at', 'parsed_cancelled_at', 'cancelled_at'),
            ('total_discounts', 'discount_amount', 'discount_amount'),
            ('refunds', 'refunds_json', 'refunded_amount'),
        ]) }} as _lost_fields,
        'shopify' as source,
        id as source_order_id,
        json_extract_string(customer_json, '$.id') as source_customer_id,
        ordered_at,
        status,
        currency,
        net_amount + discount_amount as gross_amount,
        discount_amount,
        net_amount,
        json_extract_string(codes_json, '$[0].code') as coupon_code,
        source_name as sales_channel,
        parsed_cancelled_at as cancelled_at,
        refunded_at,
        case when financial_status = 'refunded' then net_amount else paid_back end
            as refunded_amount
    from settled
),

final as (
    select * from renamed
)

select * from final
