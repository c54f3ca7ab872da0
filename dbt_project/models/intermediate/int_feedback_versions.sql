{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_feedback_id'],
    )
}}

{{
    entity_versions(
        'feedback',
        key='source_feedback_id',
        required=['source_feedback_id', 'source_customer_id', 'created_at'],
    )
}}
