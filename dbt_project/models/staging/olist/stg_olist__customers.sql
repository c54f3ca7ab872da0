with

source as (
    select * from {{ source('olist', 'customers') }}
),

renamed as (
    select
        _load_id,
        _row,
        cast(null as varchar) as _reject_reason,
        'olist' as source,
        customer_unique_id as source_customer_id,
        cast(null as varchar) as email,
        cast(null as varchar) as phone,
        cast(null as varchar) as full_name,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at,
        cast(null as integer) as birth_year,
        'BR' as country,
        customer_city as city,
        cast(null as varchar) as acquisition_channel,
        cast(null as varchar) as plan,
        cast(null as boolean) as marketing_consent,
        cast(null as varchar[]) as external_ids
    from source
),

final as (
    select * from renamed
)

select * from final
