{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_suppression_id'],
    )
}}

{%- set names_nobody -%}
    delivered.source_customer_id is null
    and {{ first_email('delivered.email') }} is null
    and not coalesce(regexp_matches(delivered.phone, '[1-9]'), false)
{%- endset %}

{{
    entity_versions(
        'suppressions',
        key='source_suppression_id',
        required=['source_suppression_id', 'scope'],
        reject_when={
            'unknown scope': "delivered.scope not in ('contact', 'profile')",
            'names no customer': names_nobody,
        },
    )
}}
