{#- Entries name a customer number, an e-mail address or a phone number. -#}
with

source as (
    select * from {{ source('crm', 'suppressions') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('since', order='day_first') }} as suppressed_at
    from source
),

final as (
    select
        _load_id,
        _row,
        cast(null as varchar) as _reject_reason,
        {{ lost_fields([('since', 'suppressed_at', 'suppressed_at')]) }} as _lost_fields,
        'crm' as source,
        entry_no as source_suppression_id,
        customer_no as source_customer_id,
        email,
        phone,
        case scope when 'profiling' then 'profile' else scope end as scope,
        suppressed_at
    from parsed
)

select * from final
