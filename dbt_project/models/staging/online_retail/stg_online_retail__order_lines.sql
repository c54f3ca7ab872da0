with

source as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
),

renamed as (
    select
        _load_id,
        _row,
        _reject_reason,
        'online_retail' as source,
        line_id as source_order_line_id,
        invoice_no as source_order_id,
        product_id,
        product_name,
        cast(units as double) as quantity,
        unit_price
    from source
),

final as (
    select * from renamed
)

select * from final
