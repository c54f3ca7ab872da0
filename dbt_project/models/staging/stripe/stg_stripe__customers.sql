with

source as (
    select * from {{ source('stripe', 'customers') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created') }} as created_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        cast(null as varchar) as _reject_reason,
        {{ lost_fields([('created', 'created_at', 'created_at')]) }} as _lost_fields,
        'stripe' as source,
        {{ read_id('id') }} as source_customer_id,
        email,
        phone,
        name as full_name,
        created_at,
        upper(address_country) as country,
        address_city as city
    from parsed
),

final as (
    select * from renamed
)

select * from final
