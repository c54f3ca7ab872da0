{#- One order per line of the log, which has days and no times. -#}
with

source as (
    select * from {{ source('cdnow', 'purchases') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('purchased_on') }} as ordered_at,
        {{ read_amount('amount') }} as parsed_amount
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('purchased_on', 'ordered_at', 'purchased_on'),
            ('amount', 'parsed_amount', 'amount'),
        ]) }} as _reject_reason,
        'cdnow' as source,
        purchase_no as source_order_id,
        customer_id as source_customer_id,
        ordered_at,
        'completed' as status,
        '{{ var("currency") }}' as currency,
        parsed_amount as gross_amount,
        parsed_amount as net_amount
    from parsed
),

final as (
    select * from renamed
)

select * from final
