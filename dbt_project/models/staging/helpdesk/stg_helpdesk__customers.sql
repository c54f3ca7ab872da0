{#- Requesters who wrote or called, with an e-mail address, a phone number or both. -#}
with

source as (
    select * from {{ source('helpdesk', 'requesters') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created_at') }} as parsed_created_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([('created_at', 'parsed_created_at', 'created_at')]) }} as _lost_fields,
        'helpdesk' as source,
        id as source_customer_id,
        email,
        phone,
        name as full_name,
        parsed_created_at as created_at
    from parsed
),

final as (
    select * from renamed
)

select * from final
