{#- Reviews of orders and answers to the shop's survey, with one to five stars and a text. -#}
with

source as (
    select * from {{ source('shop', 'reviews') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created_at') }} as parsed_created_at,
        case when try_cast(rating as double) between 1 and 5 then cast(rating as double) end
            as stars
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('created_at', 'parsed_created_at', 'created_at')]) }} as _reject_reason,
        {{ lost_fields([('rating', 'stars', 'rating')]) }} as _lost_fields,
        'shop' as source,
        review_id as source_feedback_id,
        account_no as source_customer_id,
        parsed_created_at as created_at,
        case when order_no is null then 'survey' else 'review' end as kind,
        stars as rating,
        text,
        order_no as source_order_id
    from parsed
),

final as (
    select * from renamed
)

select * from final
