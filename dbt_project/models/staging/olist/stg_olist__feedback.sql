with

source as (
    select * from {{ source('olist', 'order_reviews') }}
),

-- Newest delivered version of each row.
orders as (
    select
        order_id,
        arg_max(customer_id, (_load_id, _row)) as customer_id
    from {{ source('olist', 'orders') }}
    group by order_id
),

-- Newest delivered version of each row.
customers as (
    select
        customer_id,
        arg_max(customer_unique_id, (_load_id, _row)) as customer_unique_id
    from {{ source('olist', 'customers') }}
    group by customer_id
),

parsed as (
    select
        source.*,
        customers.customer_unique_id as source_customer_id,
        {{ read_timestamp('source.review_answer_timestamp', zone=var('time_zone')) }} as created_at,
        try_cast(source.review_score as double) as rating
    from source
    left join orders on source.order_id = orders.order_id
    left join customers on orders.customer_id = customers.customer_id
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('review_answer_timestamp', 'created_at', 'review_answer_timestamp'),
        ]) }} as _reject_reason,
        {{ lost_fields([('review_score', 'rating', 'rating')]) }} as _lost_fields,
        'olist' as source,
        review_id || '-' || order_id as source_feedback_id,
        source_customer_id,
        created_at,
        'review' as kind,
        rating,
        nullif(concat_ws('. ', review_comment_title, review_comment_message), '') as text,
        order_id as source_order_id
    from parsed
),

final as (
    select * from renamed
)

select * from final
