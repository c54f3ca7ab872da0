{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_refund_id'],
    )
}}

{#- source_order_id may be null: a refund that names no order is one of the customer. -#}
{{
    entity_versions(
        'refunds',
        key='source_refund_id',
        required=['source_refund_id', 'amount'],
        reject_when=finer_than_the_currency(['amount']),
    )
}}
