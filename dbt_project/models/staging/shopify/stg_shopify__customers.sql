with

source as (
    select * from {{ source('shopify', 'customers') }}
),

parsed as (
    select
        *,
        {{ iso_to_utc('created_at') }} as created_utc,
        {{ iso_to_utc('updated_at') }} as updated_utc,
        case when json_valid(default_address) then default_address end as address,
        case when json_valid(email_marketing_consent) then email_marketing_consent end as consent
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('created_at', 'created_utc', 'created_at'),
            ('updated_at', 'updated_utc', 'updated_at'),
        ]) }} as _reject_reason,
        'shopify' as source,
        id as source_customer_id,
        email,
        phone,
        nullif(concat_ws(' ', first_name, last_name), '') as full_name,
        {{ to_local('created_utc') }} as created_at,
        {{ to_local('updated_utc') }} as updated_at,
        json_extract_string(address, '$.country_code') as country,
        json_extract_string(address, '$.city') as city,
        case json_extract_string(consent, '$.state')
            when 'subscribed' then true
            when 'unsubscribed' then false
            when 'not_subscribed' then false
            when 'redacted' then false
        end as marketing_consent
    from parsed
),

final as (
    select * from renamed
)

select * from final
