{{ config(materialized='view') }}

{#- Which customer each record belonged to, on each date of the current run. -#}
select
    dates.snapshot_date,
    history.source,
    history.source_customer_id,
    history.customer_id
from {{ source('ops', 'run_dates') }} as dates
inner join {{ ref('int_identity_history') }} as history
    on
        history.valid_from <= dates.snapshot_date
        and dates.snapshot_date < history.valid_to
