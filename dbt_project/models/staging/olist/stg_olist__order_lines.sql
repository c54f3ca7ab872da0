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
        try_cast(source.price as decimal(18, 4)) as unit_price
    from source
    left join products on source.product_id = products.product_id
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('price', 'unit_price', 'price'),
        ]) }} as _reject_reason,
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
