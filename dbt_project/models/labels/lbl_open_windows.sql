{{ config(materialized='view') }}

{#-
    Outcomes so far of customers who were eligible on an earlier date whose horizon is still open:
    the part of a churn label that is already known on a day of the run.

    The earlier dates are those nearest to one third and to two thirds of the horizon before the
    day, among the dates with features, and at most a ninth of the horizon away from them.
-#}
{%- set horizon = var('horizon_days') %}
with

days as (
    select snapshot_date as as_of_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

featured_dates as (
    select distinct snapshot_date from {{ ref('feat_customer_snapshots') }}
),

wanted as (
    select
        as_of_date,
        unnest([{{ horizon }} / 3, 2 * {{ horizon }} / 3]) as age_days
    from days
),

-- One day serves one date; days of a backfill share their dates.
pairs as (
    select
        wanted.as_of_date,
        featured_dates.snapshot_date
    from wanted
    inner join featured_dates
        on
            abs(wanted.as_of_date - featured_dates.snapshot_date - wanted.age_days)
            <= {{ horizon }} / 9
    qualify
        row_number() over (
            partition by wanted.as_of_date, wanted.age_days
            order by
                abs(wanted.as_of_date - featured_dates.snapshot_date - wanted.age_days),
                featured_dates.snapshot_date
        ) = 1
),
{# matured_on identifies the day of the run, so each day has its own outcomes. #}
dates as (
    select
        snapshot_date,
        as_of_date as matured_on
    from pairs
),

{{ churn_outcomes() }},

final as (
    select
        customer_id,
        snapshot_date,
        matured_on as as_of_date,
        churned as is_away
    from outcomes
)

select * from final
