{#- Users of the help desk; agents and administrators are rejected. -#}
with

source as (
    select * from {{ source('zendesk', 'users') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created_at') }} as parsed_created_at,
        {{ read_timestamp('updated_at') }} as parsed_updated_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        case when role in ('agent', 'admin') then 'not a customer: ' || role end as _reject_reason,
        {{ lost_fields([
            ('created_at', 'parsed_created_at', 'created_at'),
            ('updated_at', 'parsed_updated_at', 'updated_at'),
        ]) }} as _lost_fields,
        'zendesk' as source,
        id as source_customer_id,
        email,
        phone,
        name as full_name,
        parsed_created_at as created_at,
        parsed_updated_at as updated_at
    from parsed
),

final as (
    select * from renamed
)

select * from final
