{{ config(materialized='ephemeral') }}

{#- The latest day that was ever run: the day of which the marts tell. Never the clock. -#}
select max(snapshot_date) as as_of_date
from {{ source('ops', 'snapshot_dates') }}
