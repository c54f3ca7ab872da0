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
