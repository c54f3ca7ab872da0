{#- Answers on the preference page: marketing, by channel. Days are written as 31.12.2025. -#}
with

source as (
    select * from {{ source('crm', 'preferences') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('answered', order='day_first') }} as answered_at,
        case answer when 'ja' then true when 'nein' then false end as is_granted
    from source
),

final as (
    select
        _load_id,
        _row,
        {{ first_failed([('answer', 'is_granted', 'is_granted')]) }} as _reject_reason,
        {{ lost_fields([('answered', 'answered_at', 'answered_at')]) }} as _lost_fields,
        'crm' as source,
        preference_no as source_consent_id,
        customer_no as source_customer_id,
        'marketing' as purpose,
        channel,
        is_granted,
        answered_at
    from parsed
)

select * from final
