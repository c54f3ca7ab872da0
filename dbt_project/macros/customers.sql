{#- What the business calls a customer, by what the customer has done. -#}

{#- Stage of life by the number of purchases; a trial is a subscription or plan named so. -#}
{% macro lifecycle_stage(order_count, is_trial='false') -%}
    case
        when {{ order_count }} >= 5 then 'loyal'
        when {{ order_count }} >= 2 then 'repeat'
        when {{ order_count }} = 1 then 'first_purchase'
        when {{ is_trial }} then 'trial'
        else 'prospect'
    end
{%- endmacro %}
