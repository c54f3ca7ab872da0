{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_ticket_id'],
    )
}}

{{
    entity_versions(
        'tickets',
        key='source_ticket_id',
        required=['source_ticket_id', 'source_customer_id', 'opened_at'],
    )
}}
