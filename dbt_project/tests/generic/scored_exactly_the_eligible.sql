{#-
    Fails for every eligible customer of the run's days without a score, and every other customer
    with one.
-#}
{% test scored_exactly_the_eligible(model) %}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

eligible as (
    select
        customer_id,
        snapshot_date
    from {{ ref('feat_customer_snapshots') }}
    semi join dates using (snapshot_date)
    where is_eligible
),

scored as (
    select
        customer_id,
        snapshot_date
    from {{ model }}
    semi join dates using (snapshot_date)
)

(select * from eligible except select * from scored)
union all
(select * from scored except select * from eligible)
{% endtest %}
