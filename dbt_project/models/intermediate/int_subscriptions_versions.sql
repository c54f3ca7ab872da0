{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_subscription_id'],
    )
}}

{{
    entity_versions(
        'subscriptions',
        key='source_subscription_id',
        required=['source_subscription_id', 'source_customer_id', 'started_at'],
    )
}}
