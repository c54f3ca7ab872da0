with

source as (
    select * from {{ source('shopify', 'customers') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created_at') }} as parsed_created_at,
        {{ read_timestamp('updated_at') }} as parsed_updated_at,
        case when json_valid(default_address) then default_address end as address,
        case when json_valid(email_marketing_consent) then email_marketing_consent end as consent
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([
            ('created_at', 'parsed_created_at', 'created_at'),
            ('updated_at', 'parsed_updated_at', 'updated_at'),
        ]) }} as _lost_fields,
        'shopify' as source,
        id as source_customer_id,
        email,
        phone,
        nullif(concat_ws(' ', first_name, last_name), '') as full_name,
        parsed_created_at as created_at,
        parsed_updated_at as updated_at,
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
