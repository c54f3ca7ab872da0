{{ config(materialized='ephemeral') }}

{#-
    Latest daily date that was ever run, the reference date of the marts. Never the system clock.
-#}
select max(snapshot_date) as as_of_date
from {{ source('ops', 'snapshot_dates') }}
