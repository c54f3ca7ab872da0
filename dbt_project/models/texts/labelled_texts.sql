{#-
    Training rows of the text model: texts with a rating, or with the satisfaction score or topic of
    their ticket, as known on the latest run date. A ticket's score counts from the day of its
    resolution, as in feat_service.
-#}
with

run as (
    {{ last_daily_date() }}
),

tickets as (
    select
        tickets.source,
        tickets.source_ticket_id,
        tickets.topic,
        case
            when coalesce(cast(tickets.resolved_at as date), tickets.known_from) <= run.as_of_date
                then tickets.csat_score
        end as csat_score
    from {{ ref('int_tickets_versions') }} as tickets
    inner join run
        on
            tickets.known_from <= run.as_of_date
            and run.as_of_date < tickets.known_to
            and cast(tickets.opened_at as date) <= run.as_of_date
    where tickets._reject_reason is null
),

texts as (
    select texts.*
    from {{ ref('delivered_texts') }} as texts
    inner join run
        on
            texts.known_from <= run.as_of_date
            and run.as_of_date < texts.known_to
            and texts.written_on <= run.as_of_date
),

names as (
    select
        customer_no,
        list(distinct full_name) as names
    from {{ ref('writer_names') }}
    group by customer_no
),

final as (
    select
        texts.label_group,
        texts.created_at,
        texts.source_feedback_id,
        texts.written_on,
        texts.text,
        texts.rating,
        tickets.csat_score,
        row_number() over in_ticket = 1 as is_first,
        row_number() over in_ticket = count(*) over (partition by texts.label_group) as is_last,
        tickets.topic,
        writers.customer_no,
        names.names
    from texts
    left join tickets using (source, source_ticket_id)
    left join {{ ref('text_writers') }} as writers using (source, source_customer_id)
    left join names using (customer_no)
    where texts.rating is not null or tickets.csat_score is not null or tickets.topic is not null
    window in_ticket as (
        partition by texts.label_group order by texts.created_at, texts.source_feedback_id
    )
)

select * from final
