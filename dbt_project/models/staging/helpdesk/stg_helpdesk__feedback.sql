{#- Messages of customers in their tickets; the staff's answers are not exported. -#}
with

source as (
    select * from {{ source('helpdesk', 'messages') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('sent') }} as sent_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('sent', 'sent_at', 'sent')]) }} as _reject_reason,
        'helpdesk' as source,
        message_id as source_feedback_id,
        requester_id as source_customer_id,
        sent_at as created_at,
        'ticket_message' as kind,
        body as text,
        ticket_id as source_ticket_id
    from parsed
),

final as (
    select * from renamed
)

select * from final
