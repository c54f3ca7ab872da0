{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_order_id'],
    )
}}

{#- source_customer_id may be null: a guest order is revenue without a customer. -#}
{{
    entity_versions(
        'orders',
        key='source_order_id',
        required=['source_order_id', 'ordered_at', 'status', 'net_amount'],
        reject_when={
            'unknown status': "status not in ('completed', 'cancelled', 'refunded', 'open')",
            'not in the deployment currency': "coalesce(currency, '" ~ var('currency') ~ "') != '" ~ var('currency') ~ "'",
        },
    )
}}
