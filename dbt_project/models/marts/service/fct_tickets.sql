{#- One row per support ticket opened by the as-of date, as known on that date. -#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

tickets as (
    select
        tickets.*,
        cast(tickets.first_response_at as date) <= as_of.as_of_date as is_answered,
        cast(tickets.resolved_at as date) <= as_of.as_of_date as is_resolved
    from {{ ref('int_tickets_versions') }} as tickets
    cross join as_of
    where
        tickets._reject_reason is null
        and tickets.known_from <= as_of.as_of_date
        and as_of.as_of_date < tickets.known_to
        and cast(tickets.opened_at as date) <= as_of.as_of_date
),

moods as (
    select
        texts.source,
        texts.source_ticket_id,
        avg(text_scores.sentiment) as sentiment
    from {{ ref('int_feedback_versions') }} as texts
    inner join {{ ref('stg_ml__text_scores') }} as text_scores using (_load_id, _row)
    inner join as_of
        on
            texts.known_from <= as_of.as_of_date
            and as_of.as_of_date < texts.known_to
            and cast(texts.created_at as date) <= as_of.as_of_date
    where texts.source_ticket_id is not null
    group by texts.source, texts.source_ticket_id
),

final as (
    select
        tickets.source || ':' || tickets.source_ticket_id as ticket_id,
        identities.customer_id,
        tickets.source,
        tickets.opened_at,
        case
            when tickets.is_answered
                then date_diff('minute', tickets.opened_at, tickets.first_response_at)
        end as first_response_minutes,
        case
            when tickets.is_resolved
                then date_diff('minute', tickets.opened_at, tickets.resolved_at)
        end as resolution_minutes,
        tickets.channel,
        tickets.topic,
        tickets.priority,
        tickets.status,
        case when tickets.is_resolved or tickets.resolved_at is null then tickets.csat_score end
            as csat_score,
        moods.sentiment
    from tickets
    inner join identities using (source, source_customer_id)
    left join moods using (source, source_ticket_id)
)

select * from final
