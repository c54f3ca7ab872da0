{#-
    Parquet has types, which the union casts; times come in UTC, and an export with times as text is
    read too. A payment that failed has a row of its own.
-#}
with

source as (
    select * from {{ source('shop', 'orders') }}
),

parsed as (
    select
        *,
        {{ to_local('ordered_at') }} as parsed_ordered_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            {{ first_failed([('ordered_at', 'parsed_ordered_at', 'ordered_at')]) }},
            case when status = 'failed' then 'the payment failed' end
        ) as _reject_reason,
        'shop' as source,
        order_no as source_order_id,
        account_no as source_customer_id,
        parsed_ordered_at as ordered_at,
        status,
        currency,
        gross_amount,
        discount_amount,
        net_amount,
        coupon_code,
        sales_channel,
        {{ to_local('cancelled_at') }} as cancelled_at,
        {{ to_local('refunded_at') }} as refunded_at,
        refunded_amount
    from parsed
),

final as (
    select * from renamed
)

select * from final
