{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_touch_id'],
    )
}}

{{
    entity_versions(
        'touches',
        key='source_touch_id',
        required=['source_touch_id', 'source_customer_id', 'action_id', 'sent_at'],
    )
}}
