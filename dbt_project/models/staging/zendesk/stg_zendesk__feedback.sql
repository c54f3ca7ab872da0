{#- The first message of a ticket, if its requester wrote it; later messages are not exported. -#}
with

source as (
    select * from {{ source('zendesk', 'tickets') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('created_at') }} as parsed_created_at
    from source
),

renamed as (
    select
        _load_id,
        _row,
        coalesce(
            case when submitter_id != requester_id then 'not written by the customer' end,
            case when coalesce(trim(description), '') = '' then 'no text' end,
            {{ first_failed([('created_at', 'parsed_created_at', 'created_at')]) }}
        ) as _reject_reason,
        'zendesk' as source,
        id as source_feedback_id,
        requester_id as source_customer_id,
        parsed_created_at as created_at,
        'ticket_message' as kind,
        description as text,
        id as source_ticket_id
    from parsed
),

final as (
    select * from renamed
)

select * from final
