{#-
    The key of a line is its order and its number within the order. Parquet has types, and the union
    casts them.
-#}
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
        quantity,
        unit_price,
        cost,
        category = 'gift_cards' as is_gift_card
    from source
),

final as (
    select * from renamed
)

select * from final
