{#- Times are milliseconds since 1970; the rating is an object with a score of 1 to 5. -#}
with

source as (
    select * from {{ source('helpdesk', 'tickets') }}
),

parsed as (
    select
        *,
        {{ try_epoch_ms('opened') }} as opened_utc,
        {{ try_epoch_ms('first_response') }} as first_response_utc,
        {{ try_epoch_ms('resolved') }} as resolved_utc,
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
        {{ first_failed([
            ('opened', 'opened_utc', 'opened'),
            ('first_response', 'first_response_utc', 'first_response'),
            ('resolved', 'resolved_utc', 'resolved'),
            ('score', 'csat_score', 'satisfaction'),
            ('reopened_count', 'parsed_reopened_count', 'reopened_count'),
        ]) }} as _reject_reason,
        'helpdesk' as source,
        ticket_id as source_ticket_id,
        requester_id as source_customer_id,
        {{ to_local('opened_utc') }} as opened_at,
        {{ to_local('first_response_utc') }} as first_response_at,
        {{ to_local('resolved_utc') }} as resolved_at,
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
