{#- Parquet has types, which the union casts. Times come in UTC. -#}
with

source as (
    select * from {{ source('shop', 'orders') }}
),

renamed as (
    select
        _load_id,
        _row,
        'shop' as source,
        order_no as source_order_id,
        account_no as source_customer_id,
        {{ to_local('ordered_at') }} as ordered_at,
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
    from source
),

final as (
    select * from renamed
)

select * from final
