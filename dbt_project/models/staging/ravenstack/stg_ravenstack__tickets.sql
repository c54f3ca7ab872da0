{#- More than half of the tickets are older than the account's signup; they are kept. -#}
with

source as (
    select * from {{ source('ravenstack', 'support_tickets') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('submitted_at', zone=var('time_zone'), order='day_first') }} as opened_at,
        {{ read_timestamp('closed_at', zone=var('time_zone'), order='day_first') }} as resolved_at,
        try_cast(first_response_time_minutes as integer) as first_response_minutes,
        try_cast(satisfaction_score as double) as csat_score
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('submitted_at', 'opened_at', 'submitted_at')]) }} as _reject_reason,
        {{ lost_fields([
            ('closed_at', 'resolved_at', 'resolved_at'),
            ('first_response_time_minutes', 'first_response_minutes', 'first_response_at'),
            ('satisfaction_score', 'csat_score', 'csat_score'),
        ]) }} as _lost_fields,
        'ravenstack' as source,
        ticket_id as source_ticket_id,
        account_id as source_customer_id,
        opened_at,
        opened_at + to_minutes(first_response_minutes) as first_response_at,
        resolved_at,
        priority,
        case when resolved_at is null then 'open' else 'closed' end as status,
        -- Null without a rating (41 % of tickets): a missing rating is not a bad one.
        csat_score
    from parsed
),

final as (
    select * from renamed
)

select * from final
