{#- Users of the help desk; agents and administrators are rejected. -#}
with

source as (
    select * from {{ source('zendesk', 'users') }}
),

parsed as (
    select
        *,
        {{ iso_to_utc('created_at') }} as created_utc,
        {{ iso_to_utc('updated_at') }} as updated_utc
    from source
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            case when role in ('agent', 'admin') then 'not a customer: ' || role end,
            {{ first_failed([
                ('created_at', 'created_utc', 'created_at'),
                ('updated_at', 'updated_utc', 'updated_at'),
            ]) }}
        ) as _reject_reason,
        'zendesk' as source,
        id as source_customer_id,
        email,
        phone,
        name as full_name,
        {{ to_local('created_utc') }} as created_at,
        {{ to_local('updated_utc') }} as updated_at
    from parsed
),

final as (
    select * from renamed
)

select * from final
