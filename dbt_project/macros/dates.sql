{#- A table's rows of the dates that the run builds; those that it only trains on are left out. -#}
{% macro of_daily_dates(relation) -%}
    select dated.*
    from {{ relation }} as dated
    semi join (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ) as daily on dated.snapshot_date = daily.snapshot_date
{%- endmacro %}

{#- Latest date that the run builds, as `as_of_date`; no row where there is none. -#}
{% macro last_daily_date() -%}
    select max(snapshot_date) as as_of_date
    from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
{%- endmacro %}
