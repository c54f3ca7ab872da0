{#- Sums of the events of one source record and day. -#}
{% macro folded_events() -%}
    min(occurred_at) as first_event_at,
    cast(count(*) as integer) as events,
    {%- for counter, event_type in {
        'sessions': "= 'session'",
        'product_views': "= 'product_view'",
        'cart_adds': "= 'add_to_cart'",
        'checkouts': "= 'checkout'",
        'email_opens': "= 'email_open'",
        'unsubscribes': "= 'unsubscribe'",
        'failures': "in ('app_error', 'payment_failed')",
    }.items() %}
    cast(count_if(event_type {{ event_type }}) as integer) as {{ counter }},
    {%- endfor %}
    coalesce(sum(value) filter (where event_type = 'app_feature'), 0) as feature_uses
{%- endmacro %}
