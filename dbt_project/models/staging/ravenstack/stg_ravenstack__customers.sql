{#- churn_flag is not read: it contradicts the subscriptions, and has no date. -#}
with

source as (
    select * from {{ source('ravenstack', 'accounts') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('signup_date', order='day_first') }} as created_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ lost_fields([('signup_date', 'created_at', 'created_at')]) }} as _lost_fields,
        'ravenstack' as source,
        account_id as source_customer_id,
        account_name as full_name,
        created_at,
        -- Every country except the United Kingdom comes as its ISO 3166 code.
        case when country = 'UK' then 'GB' else country end as country,
        referral_source as acquisition_channel,
        plan_tier as plan
    from parsed
),

final as (
    select * from renamed
)

select * from final
