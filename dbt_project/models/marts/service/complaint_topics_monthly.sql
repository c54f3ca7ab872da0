{#- Texts and complaints of customers, one row per month and topic, up to the as-of date. -#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

texts as (
    select
        date_trunc('month', greatest(texts.known_from, cast(texts.created_at as date))) as month,
        coalesce(text_scores.topic, 'unknown') as topic,
        identities.customer_no,
        text_scores.sentiment,
        text_scores.is_negative
    from {{ ref('int_feedback_versions') }} as texts
    inner join {{ ref('stg_ml__text_scores') }} as text_scores using (_load_id, _row)
    inner join as_of
        on
            texts.known_from <= as_of.as_of_date
            and as_of.as_of_date < texts.known_to
            and cast(texts.created_at as date) <= as_of.as_of_date
    inner join {{ ref('int_identity_history') }} as identities
        on
            texts.source = identities.source
            and texts.source_customer_id = identities.source_customer_id
            and identities.valid_from <= as_of.as_of_date
            and as_of.as_of_date < identities.valid_to
),

topics as (
    select
        month,
        topic,
        count(*) as texts,
        count(distinct customer_no) as customers,
        cast(count_if(is_negative) as bigint) as complaints,
        avg(sentiment) as mean_sentiment
    from texts
    group by month, topic
),

terms as (
    select
        month,
        coalesce(topic, 'unknown') as topic,
        string_agg(term, ', ' order by term_rank) as terms
    from {{ ref('stg_ml__complaint_terms') }}
    group by all
),

final as (
    select
        cast(topics.month as date) as month,
        topics.topic,
        topics.texts,
        topics.customers,
        topics.complaints,
        topics.complaints / nullif(sum(topics.complaints) over of_month, 0) as complaint_share,
        -- A month without texts on the topic had no complaints; before the first month the number
        -- is unknown.
        case
            when topics.month > (select min(earliest.month) from topics as earliest)
                then topics.complaints - coalesce(before.complaints, 0)
        end as complaints_change,
        topics.mean_sentiment,
        terms.terms
    from topics
    left join topics as before
        on topics.topic = before.topic and topics.month = before.month + interval 1 month
    left join terms on topics.month = terms.month and topics.topic = terms.topic
    window of_month as (partition by topics.month)
)

select * from final
