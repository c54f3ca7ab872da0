{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_order_id'],
    )
}}

{#-
    Amounts are as delivered, in the order's own currency (`orders_in_currency` converts them).
    source_customer_id may be null: a guest order is revenue without a customer.
-#}
{%- set reject_when = {
    'unknown status': "status not in ('completed', 'cancelled', 'refunded', 'open')",
} -%}
{%- do reject_when.update(finer_than_the_currency(['net_amount', 'refunded_amount'])) -%}
{{
    entity_versions(
        'orders',
        key='source_order_id',
        required=['source_order_id', 'ordered_at', 'status', 'net_amount'],
        reject_when=reject_when,
    )
}}
