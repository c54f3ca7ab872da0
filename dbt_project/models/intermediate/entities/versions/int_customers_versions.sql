{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_customer_id'],
    )
}}

{{ entity_versions('customers', key='source_customer_id', required=['source_customer_id']) }}
