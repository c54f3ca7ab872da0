{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
        on_schema_change='append_new_columns',
    )
}}

{#-
    Churn of customers who were eligible at the end of a date, one horizon later, by the
    deployment's definition. A row exists only where the horizon has wholly passed by the day of the
    run; there is no substitute before.

    The outcome uses the data and the customer known at the end of the horizon: a customer who
    bought under a second account that was linked meanwhile has not churned.
-#}
{%- set horizon = var('horizon_days') %}
{%- set dates %}
    select
        snapshot_date,
        snapshot_date + {{ horizon }} as matured_on
    from (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'training'
        union
        select snapshot_date from {{ source('ops', 'snapshot_dates') }}
    ) as asked
    where
        snapshot_date + {{ horizon }} <= (
            select max(known.snapshot_date) from {{ source('ops', 'snapshot_dates') }} as known
        )
        {%- if is_incremental() %}
        and snapshot_date not in (select distinct known.snapshot_date from {{ this }} as known)
        {%- endif %}
{%- endset %}
with

dates as (
    {{- dates }}
),

{{ churn_outcomes(used_purchases(dates) if is_incremental() else none) }}

select * from outcomes
