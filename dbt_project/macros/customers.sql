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

{#- The tier of a probability of leaving, by the deployment's thresholds. -#}
{% macro risk_tier(probability) -%}
    case
        when {{ probability }} >= {{ var('high_risk') }} then 'high'
        when {{ probability }} >= {{ var('medium_risk') }} then 'medium'
        when {{ probability }} is not null then 'low'
    end
{%- endmacro %}

{#-
    Where a customer stands against their own rhythm: judged by the usual pause between orders,
    or, after a single order, by the company's eligible days.
-#}
{% macro lifecycle_status() -%}
    case
        when days_since_last_order is null then null
        when days_since_last_order >= {{ var('eligible_days') }} then 'dormant'
        when days_since_last_order < 30 and longest_gap_days >= {{ var('eligible_days') }}
            and orders_30d >= 1 and orders_180d = orders_30d then 'won_back'
        when mean_gap_days is null
            then
                case
                    when days_since_last_order < 60 then 'active'
                    when days_since_last_order < 120 then 'slowing'
                    else 'at_risk'
                end
        when overdue_ratio < 1.5 then 'active'
        when overdue_ratio < 3 then 'slowing'
        else 'at_risk'
    end
{%- endmacro %}

{#- The named segments of the field, by quintiles of recency and of frequency and money together. -#}
{% macro rfm_segment(recency, frequency, monetary) -%}
    {%- set worth = '(' ~ frequency ~ ' + ' ~ monetary ~ ') / 2.0' -%}
    case
        when {{ recency }} is null then 'no_purchase'
        when {{ recency }} >= 4 and {{ worth }} >= 4 then 'champions'
        when {{ recency }} >= 3 and {{ worth }} >= 3.5 then 'loyal_customers'
        when {{ recency }} >= 4 and {{ worth }} >= 2 then 'potential_loyalists'
        when {{ recency }} = 5 then 'new_customers'
        when {{ recency }} = 4 then 'promising'
        when {{ recency }} = 3 and {{ worth }} >= 2 then 'need_attention'
        when {{ recency }} = 3 then 'about_to_sleep'
        when {{ recency }} <= 2 and {{ worth }} >= 4 then 'cannot_lose_them'
        when {{ recency }} <= 2 and {{ worth }} >= 2.5 then 'at_risk'
        when {{ recency }} = 2 then 'hibernating'
        else 'lost'
    end
{%- endmacro %}
