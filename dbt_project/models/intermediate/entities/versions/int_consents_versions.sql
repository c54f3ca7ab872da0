{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_consent_id'],
    )
}}

{{
    entity_versions(
        'consents',
        key='source_consent_id',
        required=['source_consent_id', 'source_customer_id', 'purpose', 'is_granted'],
        reject_when={
            'unknown purpose': 'delivered.purpose not in (' ~ consent_purposes() ~ ')',
            'unknown channel': 'delivered.channel not in (' ~ contact_channels() ~ ')',
        },
    )
}}
