with

source as (
    select * from {{ source('olist', 'order_items') }}
),

-- Newest delivered version of each row.
products as (
    select
        product_id,
        arg_max(product_category_name, (_load_id, _row)) as product_category_name
    from {{ source('olist', 'products') }}
    group by product_id
),

parsed as (
    select
        source.*,
        products.product_category_name as category,
        {{ read_amount('source.price', scale=4) }} as unit_price
    from source
    left join products on source.product_id = products.product_id
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([('price', 'unit_price', 'unit_price')]) }} as _lost_fields,
        'olist' as source,
        order_id || '-' || order_item_id as source_order_line_id,
        order_id as source_order_id,
        product_id,
        category,
        cast(1 as double) as quantity,
        unit_price
    from parsed
),

final as (
    select * from renamed
)

select * from final
