{#- Lines are nested in their order. A line that was removed from an order stays, as ordered. -#}
with

source as (
    select * from {{ source('shopify', 'orders') }}
),

lines as (
    select
        _load_id,
        _row,
        id as order_id,
        test,
        unnest(
            json_extract(case when json_valid(line_items) then line_items end, '$[*]')
        ) as line
    from source
),

parsed as (
    select
        *,
        json_extract_string(line, '$.quantity') as raw_quantity,
        json_extract_string(line, '$.price') as raw_price,
        try_cast(raw_quantity as double) as quantity,
        {{ read_amount('raw_price', scale=4) }} as unit_price
    from lines
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            case when test = 'true' then 'line of a test order' end,
            {{ first_failed([('raw_quantity', 'quantity', 'quantity')]) }}
        ) as _reject_reason,
        {{ lost_fields([('raw_price', 'unit_price', 'unit_price')]) }} as _lost_fields,
        'shopify' as source,
        json_extract_string(line, '$.id') as source_order_line_id,
        order_id as source_order_id,
        json_extract_string(line, '$.product_id') as product_id,
        json_extract_string(line, '$.title') as product_name,
        quantity,
        unit_price,
        try_cast(json_extract_string(line, '$.gift_card') as boolean) as is_gift_card
    from parsed
),

final as (
    select * from renamed
)

select * from final
