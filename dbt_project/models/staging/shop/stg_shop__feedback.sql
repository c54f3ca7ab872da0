{#- Reviews of orders, each with one to five stars and a text. -#}
with

source as (
    select * from {{ source('shop', 'reviews') }}
),

parsed as (
    select
        *,
        {{ try_timestamp('created_at', ['%Y-%m-%dT%H:%M:%SZ']) }} as created_utc,
        case when try_cast(rating as double) between 1 and 5 then cast(rating as double) end
            as stars
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('created_at', 'created_utc', 'created_at'),
            ('rating', 'stars', 'rating'),
        ]) }} as _reject_reason,
        'shop' as source,
        review_id as source_feedback_id,
        account_no as source_customer_id,
        {{ to_local('created_utc') }} as created_at,
        'review' as kind,
        stars as rating,
        text,
        order_no as source_order_id
    from parsed
),

final as (
    select * from renamed
)

select * from final
