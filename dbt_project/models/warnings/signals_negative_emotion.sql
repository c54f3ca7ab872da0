{{ config(materialized='ephemeral') }}

{#-
    Signals of dissatisfaction that the customer expressed: ratings, scores, texts, unsubscribes.
-#}
with

bad_ratings as (
    select
        customer_id,
        snapshot_date,
        'bad_ratings' as signal,
        cast(bad_ratings_365d as double) as observed,
        ratings_365d * bad_share as expected,
        case
            when last_rating <= 2
                then {{ beta_binomial_tail(
                    'bad_ratings_365d', 'ratings_365d', '4 * bad_share', '4 * (1 - bad_share)'
                ) }}
        end as p_value,
        365 as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where last_rating <= 2
),

low_csat as (
    select
        customer_id,
        snapshot_date,
        'low_csat' as signal,
        cast(last_csat as double) as observed,
        mean_csat as expected,
        count(*) over (partition by snapshot_date order by last_csat) / scored as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where last_csat is not null and days_since_last_ticket < 90
    qualify last_csat <= 2
),

-- Compared with other customers who write, because sentiment of silent customers is unknown.
negative_texts as (
    select
        customer_id,
        snapshot_date,
        'negative_texts' as signal,
        cast(negative_texts_90d as double) as observed,
        negative_texts / writers as expected,
        count(*) over (partition by snapshot_date order by negative_texts_90d desc) / writers
            as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where negative_texts_90d > 0 and days_since_negative_text < 30
),

unsubscribed as (
    select
        customer_id,
        snapshot_date,
        'unsubscribed' as signal,
        cast(unsubscribes_90d as double) as observed,
        unsubscribes / seen as expected,
        unsubscribed / seen as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where unsubscribes_90d > 0
)

select * from bad_ratings
union all
select * from low_csat
union all
select * from negative_texts
union all
select * from unsubscribed
