{#-
    Tickets, ratings, texts and touches of each customer, up to each date of the run. A ticket's
    answer counts from the moment it was given, its score from the moment it was solved. The
    sentiment of a text is the one read on the day the text became known.
-#}
{%- set subjects = {
    'product': 'product_fit',
    'service': 'service_response',
    'price': 'price_sensitivity',
    'relationship': 'emotional_bond',
    'environment': 'external_environment',
} %}
with

dates as (
    {{ dates_of_batch() }}
),

identities as (
    select * from {{ ref('int_identity_history') }}
),

-- Causes of churn that a ticket's topic indicates; a topic may indicate several.
topic_subjects as (
    select
        topics.topic,
        {%- for subject, cause in subjects.items() %}
        coalesce(bool_or(causes.cause = '{{ cause }}'), false) as is_about_{{ subject }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (select distinct topic from {{ ref('int_tickets_versions') }}) as topics
    left join {{ ref('topic_causes') }} as causes
        on regexp_matches(lower(topics.topic), causes.pattern)
    group by topics.topic
),

tickets as (
    select
        identities.customer_no,
        dates.snapshot_date,
        dates.snapshot_date - cast(tickets.opened_at as date) as age_days,
        tickets.opened_at,
        tickets._row,
        tickets.reopened_count,
        topic_subjects.* exclude (topic),
        case
            when cast(tickets.first_response_at as date) <= dates.snapshot_date
                then tickets.first_response_at
        end as first_response_at,
        case
            when cast(tickets.resolved_at as date) <= dates.snapshot_date
                then tickets.resolved_at
        end as resolved_at,
        case
            when coalesce(cast(tickets.resolved_at as date), tickets.known_from)
                <= dates.snapshot_date
                then tickets.csat_score
        end as csat_score
    from {{ ref('int_tickets_versions') }} as tickets
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
    left join topic_subjects on tickets.topic = topic_subjects.topic
    where
        tickets._reject_reason is null
        and tickets.known_from <= dates.snapshot_date
        and dates.snapshot_date < tickets.known_to
        and cast(tickets.opened_at as date) <= dates.snapshot_date
        and cast(tickets.opened_at as date) > dates.snapshot_date - 365
),

ticket_history as (
    select
        customer_no,
        snapshot_date,
        count(*) as tickets_365d,
        count(*) filter (where age_days < 90) as tickets_90d,
        count(*) filter (where age_days < 30) as tickets_30d,
        count(*) filter (where resolved_at is null) as open_tickets,
        min(age_days) as days_since_last_ticket,
        avg(date_diff('minute', opened_at, first_response_at)) / 60 as first_response_hours_365d,
        max(date_diff('minute', opened_at, first_response_at)) filter (where age_days < 90) / 60
            as slowest_response_hours_90d,
        avg(date_diff('minute', opened_at, resolved_at)) / 60 as resolution_hours_365d,
        sum(reopened_count) filter (where resolved_at is not null) as reopened_365d,
        avg(csat_score) as csat_365d,
        arg_max(csat_score, (opened_at, _row)) filter (where csat_score is not null) as last_csat,
        -- Null without any topic: an unknown topic is not the absence of complaints.
        {%- for subject in subjects %}
        case
            when count(is_about_{{ subject }}) > 0
                then count_if(age_days < 180 and is_about_{{ subject }})
        end as tickets_about_{{ subject }}_180d{{ ',' if not loop.last }}
        {%- endfor %}
    from tickets
    group by all
),

feedback as (
    select
        identities.customer_no,
        dates.snapshot_date,
        dates.snapshot_date - cast(feedback.created_at as date) as age_days,
        feedback.created_at,
        feedback._row,
        feedback.rating,
        text_scores.sentiment,
        text_scores.is_negative,
        topic_subjects.* exclude (topic)
    from {{ ref('int_feedback_versions') }} as feedback
    left join {{ ref('stg_ml__text_scores') }} as text_scores using (_load_id, _row)
    left join topic_subjects on text_scores.topic = topic_subjects.topic
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
    where
        feedback._reject_reason is null
        and (feedback.rating is not null or text_scores.sentiment is not null)
        and feedback.known_from <= dates.snapshot_date
        and dates.snapshot_date < feedback.known_to
        and cast(feedback.created_at as date) <= dates.snapshot_date
        and cast(feedback.created_at as date) > dates.snapshot_date - 365
),

feedback_history as (
    select
        customer_no,
        snapshot_date,
        nullif(count(rating), 0) as ratings_365d,
        avg(rating) as rating_365d,
        arg_max(rating, (created_at, _row)) filter (where rating is not null) as last_rating,
        case when count(rating) > 0 then count_if(rating <= 2) end as bad_ratings_365d,
        avg(sentiment) filter (where age_days < 90) as sentiment_90d,
        avg(sentiment) filter (where age_days < 90)
        - avg(sentiment) filter (where age_days >= 90) as sentiment_change,
        min(age_days) filter (where is_negative) as days_since_negative_text,
        -- Null without any text: silence is not satisfaction.
        case
            when count(sentiment) > 0 then count_if(age_days < 90 and is_negative)
        end as negative_texts_90d,
        {%- for subject in subjects %}
        case
            when count(sentiment) > 0
                then count_if(age_days < 180 and is_negative and is_about_{{ subject }})
        end as negative_texts_about_{{ subject }}_180d{{ ',' if not loop.last }}
        {%- endfor %}
    from feedback
    group by all
),

touch_history as (
    select
        identities.customer_no,
        dates.snapshot_date,
        count(*) filter (where cast(touches.sent_at as date) > dates.snapshot_date - 90)
            as touches_90d,
        min(dates.snapshot_date - cast(touches.sent_at as date)) as days_since_last_touch
    from {{ ref('int_touches_versions') }} as touches
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
    where
        touches._reject_reason is null
        and coalesce(touches.arm, 'treatment') = 'treatment'
        and touches.known_from <= dates.snapshot_date
        and dates.snapshot_date < touches.known_to
        and cast(touches.sent_at as date) <= dates.snapshot_date
        and cast(touches.sent_at as date) > dates.snapshot_date - 365
    group by all
),

joined as (
    select *
    from ticket_history
    full join feedback_history using (customer_no, snapshot_date)
    full join touch_history using (customer_no, snapshot_date)
),

final as (
    select
        customer_no,
        snapshot_date,
        {{ typed_features('feat_service') }}
    from joined
)

select * from final
