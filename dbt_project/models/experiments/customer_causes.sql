{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Cause of dissatisfaction that a customer's signs indicate on a date: the cause whose signs are
    rarest among the eligible customers of the date. The evidence of a sign is −ln(share of
    customers who show it), and that of a cause the sum over its signs. Decisions and effects use
    this cause and not that of the model's contributions, because it exists for the past dates of
    training as well: without it the company's earlier campaigns would teach nothing by cause.
-#}
with

customers as (
    select * from {{ ref('feat_customer_snapshots') }}
    where
        is_eligible
        and snapshot_date in (
            select runs.snapshot_date from {{ source('ops', 'run_dates') }} as runs
        )
),

signs as (
    {%- for sign in cause_signs() %}
    select
        customer_id,
        snapshot_date,
        '{{ sign.cause }}' as cause,
        '{{ sign.condition }}' as sign
    from customers
    where {{ sign.condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totals as (
    select
        snapshot_date,
        count(*) as customers
    from customers
    group by snapshot_date
),

weighed as (
    select
        signs.*,
        -ln(count(*) over (partition by signs.snapshot_date, signs.sign) / totals.customers)
            as evidence
    from signs
    inner join totals using (snapshot_date)
),

by_cause as (
    select
        customer_id,
        snapshot_date,
        cause,
        sum(evidence) as evidence
    from weighed
    group by customer_id, snapshot_date, cause
),

final as (
    select
        customer_id,
        snapshot_date,
        cause,
        evidence as cause_evidence
    from by_cause
    where evidence > 0
    qualify
        row_number() over (
            partition by customer_id, snapshot_date order by evidence desc, cause asc
        ) = 1
)

select * from final
