{#- Dates of the run that a statement computes: all of them, or those of a batch. -#}
{% macro dates_of_batch() -%}
    select distinct snapshot_date from {{ source('ops', 'run_dates') }}
    where
        snapshot_date between coalesce(getvariable('batch_from'), date '0001-01-01')
        and coalesce(getvariable('batch_to'), date '9999-12-31')
{%- endmacro %}

{#- Rows of a table for the dates that the run builds, without dates that are only trained on. -#}
{% macro of_daily_dates(relation) -%}
    select dated.*
    from {{ relation }} as dated
    semi join (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ) as daily on dated.snapshot_date = daily.snapshot_date
{%- endmacro %}

{#- Returns the latest daily date of the run as `as_of_date`; no row where the run has none. -#}
{% macro last_daily_date() -%}
    select max(snapshot_date) as as_of_date
    from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
{%- endmacro %}

{#-
    Rows of a daily table whose horizon has passed by the as-of date, for an incremental backtest:
    of days that it does not have yet, and of days that are run again.
-#}
{% macro newly_matured(relation) -%}
    select * from {{ relation }}
    where
        snapshot_date + {{ var('horizon_days') }} <= (
            select as_of.as_of_date from {{ ref('int_as_of') }} as as_of
        )
        {%- if is_incremental() %}
        and (
            snapshot_date not in (select known.snapshot_date from {{ this }} as known)
            or snapshot_date in (
                select runs.snapshot_date from {{ source('ops', 'run_dates') }} as runs
            )
        )
        {%- endif %}
{%- endmacro %}
