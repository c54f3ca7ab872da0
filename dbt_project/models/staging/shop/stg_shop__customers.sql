{#- Accounts of the shop. Plan and city come from the CRM. -#}
with

source as (
    select * from {{ source('shop', 'accounts') }}
),

parsed as (
    select
        *,
        {{ try_timestamp('created_at', ['%Y-%m-%dT%H:%M:%SZ']) }} as created_utc,
        try_cast(newsletter as boolean) as has_newsletter
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('created_at', 'created_utc', 'created_at'),
            ('newsletter', 'has_newsletter', 'newsletter'),
        ]) }} as _reject_reason,
        'shop' as source,
        account_no as source_customer_id,
        email,
        phone,
        full_name,
        {{ to_local('created_utc') }} as created_at,
        has_newsletter as marketing_consent
    from parsed
),

final as (
    select * from renamed
)

select * from final
