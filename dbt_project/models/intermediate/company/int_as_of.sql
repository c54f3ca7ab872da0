{{ config(materialized='ephemeral') }}

{#- Latest date that was ever run: the as-of date of the marts. It never comes from the clock. -#}
select max(snapshot_date) as as_of_date
from {{ source('ops', 'snapshot_dates') }}
