{#- Requesters who wrote or called, with an e-mail address, a phone number or both. -#}
with

source as (
    select * from {{ source('helpdesk', 'requesters') }}
),

parsed as (
    select
        *,
        {{ try_epoch_ms('created_at') }} as created_utc
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('created_at', 'created_utc', 'created_at')]) }} as _reject_reason,
        'helpdesk' as source,
        id as source_customer_id,
        email,
        phone,
        name as full_name,
        {{ to_local('created_utc') }} as created_at
    from parsed
),

final as (
    select * from renamed
)

select * from final
