with

source as (
    select * from {{ source('olist', 'customers') }}
),

renamed as (
    select
        _load_id,
        _row,
        'olist' as source,
        customer_unique_id as source_customer_id,
        'BR' as country,
        customer_city as city
    from source
),

final as (
    select * from renamed
)

select * from final
