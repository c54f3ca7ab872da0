{#- churn_flag is not read: it contradicts the subscriptions, and has no date. -#}
{%- set day_formats = ['%Y-%m-%d', '%d-%m-%Y'] -%}
with

source as (
    select * from {{ source('ravenstack', 'accounts') }}
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('signup_date', try_timestamp('signup_date', day_formats), 'signup_date'),
        ]) }} as _reject_reason,
        'ravenstack' as source,
        account_id as source_customer_id,
        account_name as full_name,
        {{ try_timestamp('signup_date', day_formats) }} as created_at,
        -- Every country except the United Kingdom comes as its ISO 3166 code.
        case when country = 'UK' then 'GB' else country end as country,
        referral_source as acquisition_channel,
        plan_tier as plan
    from source
),

final as (
    select * from renamed
)

select * from final
