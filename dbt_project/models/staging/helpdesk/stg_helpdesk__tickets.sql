{#- Times are milliseconds since 1970; the rating is an object with a score of 1 to 5. -#}
with

source as (
    select * from {{ source('helpdesk', 'tickets') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('opened') }} as opened_at,
        {{ read_timestamp('first_response') }} as first_response_at,
        {{ read_timestamp('resolved') }} as resolved_at,
        case
            when json_valid(satisfaction) then json_extract_string(satisfaction, '$.score')
            else satisfaction
        end as score,
        try_cast(reopened_count as integer) as parsed_reopened_count
    from source
),

scored as (
    select
        *,
        case when try_cast(score as double) between 1 and 5 then cast(score as double) end
            as csat_score
    from parsed
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('opened', 'opened_at', 'opened')]) }} as _reject_reason,
        {{ lost_fields([
            ('first_response', 'first_response_at', 'first_response_at'),
            ('resolved', 'resolved_at', 'resolved_at'),
            ('score', 'csat_score', 'csat_score'),
            ('reopened_count', 'parsed_reopened_count', 'reopened_count'),
        ]) }} as _lost_fields,
        'helpdesk' as source,
        ticket_id as source_ticket_id,
        requester_id as source_customer_id,
        opened_at,
        first_response_at,
        resolved_at,
        channel,
        topic,
        priority,
        status,
        csat_score,
        parsed_reopened_count as reopened_count
    from scored
),

final as (
    select * from renamed
)

select * from final
