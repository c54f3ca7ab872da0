{#- Decisions about actions: those of earlier days, and the draws that decide on the arms. -#}

{#- Days after an action's expiry on which its delivery may still be reported. -#}
{% macro delivery_grace_days() -%}
    14
{%- endmacro %}

{#-
    Decisions of the days before the as-of date that assigned a customer to an arm, with the number
    of the customer's oldest record (`record_no`) and of the customer to whom the record belongs on
    the as-of date (`customer_no`). A customer's id is that of its oldest record.
-#}
{% macro earlier_decisions() -%}
    select
        decided.*,
        records.record_no,
        records.customer_no
    from {{ source('ops', 'decided_actions') }} as decided
    inner join {{ ref('int_as_of') }} as as_of on decided.snapshot_date < as_of.as_of_date
    inner join {{ ref('int_identity_history') }} as records
        on
            decided.customer_id = records.own_customer_id
            and records.valid_from <= as_of.as_of_date
            and as_of.as_of_date < records.valid_to
    where decided.arm in ('treatment', 'control')
{%- endmacro %}

{#-
    A draw from [0, 1) that the secret key and the given texts determine: 52 bits of a SHA-256
    digest. The same customer, action and period have the same draw in every run and on every
    machine, and without the key nobody can tell it in advance. The key is read from the CTE `keys`.
-#}
{% macro keyed_draw(parts) -%}
    cast(
        '0x' || left(
            sha256(keys.key || '/' || sha256(keys.key || '/' || {{ parts | join(" || '/' || ") }})), 13
        ) as bigint
    ) / power(2, 52)
{%- endmacro %}

{#-
    Expected cost of an action: the contact, and the redemption by the usual share of customers. A
    share of an order's amount costs nothing where it is 0, also where the amount is unknown.
-#}
{% macro expected_cost(catalogue, order_amount) -%}
    {{ catalogue }}.contact_cost
        + {{ catalogue }}.redemption_rate * (
            {{ catalogue }}.redemption_amount
            + case
                when {{ catalogue }}.redemption_order_share = 0 then 0
                else {{ catalogue }}.redemption_order_share * {{ order_amount }}
            end
        )
{%- endmacro %}

{#- Probability of a save share above 0 from which on an action is given without exploration. -#}
{% macro least_probability_of_help() -%}
    0.7
{%- endmacro %}

{#-
    Days for which a customer's signs stand for the cause on a later day. The dates of training are
    `training.step_days` apart, 30 by default.
-#}
{% macro cause_evidence_days() -%}
    45
{%- endmacro %}

{#-
    Signs of dissatisfaction in a customer's features, each of one cause. A sign is something that
    the customer experienced or said: an answer that took longer than a day, a rating of two stars
    or fewer, a negative text. Symptoms of churn for any cause, such as fewer orders, are no signs.
    What was said more than 120 days ago is none either: most who said it have stayed or are beyond
    reach. On a demo company (seed 3) .16 of the reachable customers with a sign had left for its
    cause within two months, or did within the next one; with signs of any age, and with abandoned
    carts as a sign, .12.
-#}
{% macro cause_signs() -%}
    {%- set is_recent = 'days_since_negative_text < 120' -%}
    {%- set signs = [
        {'cause': 'service_response', 'condition': 'slowest_response_hours_90d > 24'},
        {
            'cause': 'product_fit',
            'condition': 'last_rating <= 2 and coalesce(' ~ is_recent ~ ', true)'
        },
        {'cause': 'emotional_bond', 'condition': 'unsubscribes_365d > 0'},
        {'cause': 'external_environment', 'condition': 'area_orders_trend_90d <= 0.6'},
    ] -%}
    {%- set subjects = {
        'service': 'service_response',
        'product': 'product_fit',
        'price': 'price_sensitivity',
        'relationship': 'emotional_bond',
        'environment': 'external_environment',
    } -%}
    {%- for subject, cause in subjects.items() -%}
        {%- set condition = 'negative_texts_about_' ~ subject ~ '_180d > 0 and ' ~ is_recent -%}
        {%- do signs.append({'cause': cause, 'condition': condition}) -%}
    {%- endfor -%}
    {{ return(signs) }}
{%- endmacro %}
