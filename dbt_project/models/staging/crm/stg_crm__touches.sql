{#- Times are in the deployment's time zone, written as 31.12.2025 14:05. -#}
with

source as (
    select * from {{ source('crm', 'touches') }}
),

parsed as (
    select
        *,
        {{ try_timestamp('sent_at', ['%d.%m.%Y %H:%M']) }} as parsed_sent_at,
        {{ try_timestamp('redeemed_at', ['%d.%m.%Y %H:%M']) }} as parsed_redeemed_at,
        try_cast(cost as decimal(18, 4)) as parsed_cost
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('sent_at', 'parsed_sent_at', 'sent_at'),
            ('redeemed_at', 'parsed_redeemed_at', 'redeemed_at'),
            ('cost', 'parsed_cost', 'cost'),
        ]) }} as _reject_reason,
        'crm' as source,
        contact_id as source_touch_id,
        customer_no as source_customer_id,
        action as action_id,
        parsed_sent_at as sent_at,
        channel,
        arm,
        parsed_cost as cost,
        parsed_redeemed_at as redeemed_at
    from parsed
),

final as (
    select * from renamed
)

select * from final
