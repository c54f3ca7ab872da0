{#- A contract is over when it has an end_date; nothing else decides who has left. -#}
{%- set day_formats = ['%Y-%m-%d', '%d-%m-%Y'] -%}
with

source as (
    select * from {{ source('ravenstack', 'subscriptions') }}
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('start_date', try_timestamp('start_date', day_formats), 'start_date'),
            ('end_date', try_timestamp('end_date', day_formats), 'end_date'),
            ('mrr_amount', 'try_cast(mrr_amount as decimal(18, 2))', 'mrr_amount'),
            ('auto_renew_flag', 'try_cast(auto_renew_flag as boolean)', 'auto_renew_flag'),
        ]) }} as _reject_reason,
        'ravenstack' as source,
        subscription_id as source_subscription_id,
        account_id as source_customer_id,
        {{ try_timestamp('start_date', day_formats) }} as started_at,
        {{ try_timestamp('end_date', day_formats) }} as ended_at,
        plan_tier as plan,
        try_cast(mrr_amount as decimal(18, 2)) as monthly_amount,
        try_cast(auto_renew_flag as boolean) as auto_renew,
        -- The reasons are kept by account, not by contract, and an account has ten of these.
        cast(null as varchar) as end_reason
    from source
),

final as (
    select * from renamed
)

select * from final
