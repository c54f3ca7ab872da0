{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_subscription_id'],
        pre_hook='alter table if exists {{ this }} add column if not exists term_months integer',
    )
}}

{#- The hook adds term_months to older warehouses; their earlier rows keep null. -#}
{{
    entity_versions(
        'subscriptions',
        key='source_subscription_id',
        required=['source_subscription_id', 'source_customer_id', 'started_at'],
    )
}}
