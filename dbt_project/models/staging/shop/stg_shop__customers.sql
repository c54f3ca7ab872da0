{#- Accounts of the shop. Plan and city come from the CRM. -#}
with

source as (
    select * from {{ source('shop', 'accounts') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created_at') }} as parsed_created_at,
        try_cast(newsletter as boolean) as has_newsletter
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([
            ('created_at', 'parsed_created_at', 'created_at'),
            ('newsletter', 'has_newsletter', 'marketing_consent'),
        ]) }} as _lost_fields,
        'shop' as source,
        account_no as source_customer_id,
        email,
        phone,
        full_name,
        parsed_created_at as created_at,
        has_newsletter as marketing_consent
    from parsed
),

final as (
    select * from renamed
)

select * from final
