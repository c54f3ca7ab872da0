{#- Consent and suppression: values of their columns, and the consent that an action needs. -#}

{#- Purposes for which a customer is contacted: marketing needs a yes, service is stopped by a no. -#}
{% macro consent_purposes() -%}
    'marketing', 'service'
{%- endmacro %}

{#- Channels that a consent or a suppression may name. -#}
{% macro contact_channels() -%}
    'email', 'phone', 'post', 'sms', 'push'
{%- endmacro %}

{#-
    Joins of `relation`, which has customer_id, consent_purpose and channel, with the consents that
    `has_consent` reads.
-#}
{% macro join_consents(relation) -%}
    left join {{ ref('customer_consents') }} as channel_consents
        on
            {{ relation }}.customer_id = channel_consents.customer_id
            and {{ relation }}.consent_purpose = channel_consents.purpose
            and {{ relation }}.channel = channel_consents.channel
    left join {{ ref('customer_consents') }} as general_consents
        on
            {{ relation }}.customer_id = general_consents.customer_id
            and {{ relation }}.consent_purpose = general_consents.purpose
            and general_consents.channel = 'any'
{%- endmacro %}

{#-
    True if a customer may be contacted for the purpose on the channel; reads the joins of
    `join_consents`. Without any answer, only service is allowed.
-#}
{% macro has_consent(purpose) -%}
    coalesce(
        channel_consents.is_granted, general_consents.is_granted, {{ purpose }} = 'service', false
    )
{%- endmacro %}
