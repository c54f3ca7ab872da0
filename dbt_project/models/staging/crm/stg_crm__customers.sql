{#- The CRM writes days as 31.12.2025; they are days of the deployment's calendar. -#}
with

source as (
    select * from {{ source('crm', 'customers') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created', order='day_first') }} as created_at,
        {{ read_timestamp('updated', order='day_first') }} as updated_at,
        try_cast(birth_year as integer) as parsed_birth_year,
        case marketing_consent when 'ja' then true when 'nein' then false end as has_consent
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([
            ('created', 'created_at', 'created_at'),
            ('updated', 'updated_at', 'updated_at'),
            ('birth_year', 'parsed_birth_year', 'birth_year'),
            ('marketing_consent', 'has_consent', 'marketing_consent'),
        ]) }} as _lost_fields,
        'crm' as source,
        customer_no as source_customer_id,
        email,
        phone,
        name as full_name,
        created_at,
        updated_at,
        parsed_birth_year as birth_year,
        country,
        city,
        channel as acquisition_channel,
        plan,
        has_consent as marketing_consent,
        case when shop_account is not null then ['shop:' || shop_account] end as external_ids
    from parsed
),

final as (
    select * from renamed
)

select * from final
