{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_order_line_id'],
    )
}}

{{
    entity_versions(
        'order_lines',
        key='source_order_line_id',
        required=['source_order_line_id', 'source_order_id', 'quantity'],
    )
}}
