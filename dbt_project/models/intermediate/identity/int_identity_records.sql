{{ config(materialized='ephemeral') }}

{#- Source records of customers with their numbers, oldest first. -#}
with

final as (
    select
        source,
        source_customer_id,
        known_from,
        -- The tie-break within the first delivery is arbitrary but constant.
        row_number() over (order by known_from, source, source_customer_id) as record_no
    from {{ ref('int_customer_records') }}
)

select * from final
