{#- The metric set has the first answer as minutes since the ticket was opened. -#}
with

source as (
    select * from {{ source('zendesk', 'tickets') }}
),

opened as (
    select
        *,
        {{ read_timestamp('created_at') }} as opened_at,
        case when json_valid(metric_set) then metric_set end as metrics,
        case when json_valid(via) then via end as via_json,
        case when json_valid(satisfaction_rating) then satisfaction_rating end as rating
    from source
),

measured as (
    select
        *,
        json_extract_string(metrics, '$.solved_at') as raw_solved_at,
        {{ read_timestamp('raw_solved_at') }} as solved_at,
        json_extract_string(metrics, '$.reply_time_in_minutes.calendar') as raw_reply_minutes,
        -- At most ten years, so that the sum with the opening is a time.
        case
            when try_cast(raw_reply_minutes as bigint) between 0 and 5256000
                then try_cast(raw_reply_minutes as integer)
        end as reply_minutes,
        timezone('UTC', timezone('{{ var("time_zone") }}', opened_at)) as opened_utc,
        json_extract_string(metrics, '$.reopens') as raw_reopens,
        try_cast(raw_reopens as integer) as reopens
    from opened
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('created_at', 'opened_at', 'created_at')]) }} as _reject_reason,
        {{ lost_fields([
            ('raw_solved_at', 'solved_at', 'resolved_at'),
            ('raw_reply_minutes', 'reply_minutes', 'first_response_at'),
            ('raw_reopens', 'reopens', 'reopened_count'),
        ]) }} as _lost_fields,
        'zendesk' as source,
        id as source_ticket_id,
        requester_id as source_customer_id,
        opened_at,
        {{ to_local('opened_utc + to_minutes(reply_minutes)', zone='UTC') }} as first_response_at,
        -- A reopened ticket keeps its solved_at, so the status decides.
        case when status in ('solved', 'closed') then solved_at end
            as resolved_at,
        json_extract_string(via_json, '$.channel') as channel,
        type as topic,
        priority,
        status,
        -- Zendesk asks for good or bad, which become the ends of the scale.
        case json_extract_string(rating, '$.score')
            when 'good' then 5.0
            when 'bad' then 1.0
        end as csat_score,
        reopens as reopened_count
    from measured
),

final as (
    select * from renamed
)

select * from final
