{#- Times are in the deployment's time zone, written as 31.12.2025 14:05. -#}
with

source as (
    select * from {{ source('crm', 'touches') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('sent_at', zone=var('time_zone'), order='day_first') }} as parsed_sent_at,
        {{ read_timestamp('redeemed_at', zone=var('time_zone'), order='day_first') }}
            as parsed_redeemed_at,
        {{ read_amount('cost', scale=4) }} as parsed_cost
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('sent_at', 'parsed_sent_at', 'sent_at')]) }} as _reject_reason,
        {{ lost_fields([
            ('redeemed_at', 'parsed_redeemed_at', 'redeemed_at'),
            ('cost', 'parsed_cost', 'cost'),
        ]) }} as _lost_fields,
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
