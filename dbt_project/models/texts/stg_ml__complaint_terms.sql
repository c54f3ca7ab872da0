{{ config(materialized='ephemeral') }}

{#- Terms of complaints, each written by at least five customers. -#}
select
    month,
    topic,
    rank as term_rank,
    term,
    customers
from {{ source('ml', 'complaint_terms') }}
