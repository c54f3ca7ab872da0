{#- The key of a line is its order and its number within the order. -#}
with

source as (
    select * from {{ source('shop', 'order_lines') }}
),

renamed as (
    select
        _load_id,
        _row,
        'shop' as source,
        order_no || '-' || line_no as source_order_line_id,
        order_no as source_order_id,
        product_id,
        product_name,
        category,
        cast(quantity as double) as quantity,
        cast(unit_price as decimal(18, 4)) as unit_price,
        cast(cost as decimal(18, 4)) as cost
    from source
),

final as (
    select * from renamed
)

select * from final
