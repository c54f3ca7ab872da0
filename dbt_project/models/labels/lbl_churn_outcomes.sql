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
with

asked_dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'training'
    union
    select snapshot_date from {{ source('ops', 'snapshot_dates') }}
),

dates as (
    select
        snapshot_date,
        snapshot_date + {{ horizon }} as matured_on
    from asked_dates
    where
        snapshot_date + {{ horizon }} <= (select as_of_date from {{ ref('int_as_of') }})
        {%- if is_incremental() %}
        and snapshot_date not in (select distinct known.snapshot_date from {{ this }} as known)
        {%- endif %}
),

{{ churn_outcomes() }}

select * from outcomes
