{#- What the business calls a customer, by what the customer has done. -#}

{#-
    The step of life that a customer has reached: of a shop by the days with a purchase, several
    orders of one day being one; of contracts by the days from the start of the first paid one to
    today, or to the end of the last where none runs. A plan called trial is not paid for.
-#}
{% macro lifecycle_stage(purchase_days, paid_contract_days, is_trial='false') -%}
    {%- if var('churn_kind') == 'contractual' -%}
    {%- set reached, steps = paid_contract_days, [('loyal', 365), ('repeat', 90), ('first_purchase', 0)] -%}
    {%- else -%}
    {%- set reached, steps = purchase_days, [('loyal', 5), ('repeat', 2), ('first_purchase', 1)] -%}
    {%- endif -%}
    case
        {%- for stage, least in steps %}
        when {{ reached }} >= {{ least }} then '{{ stage }}'
        {%- endfor %}
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

{#- The shares of a customer's pauses that are longer than what ends a status: see pause_limit. -#}
{% macro pause_shares() -%}
    {{ return({'slowing': 0.25, 'at_risk': 0.1, 'dormant': 0.05}) }}
{%- endmacro %}

{#-
    Days without an order that only `share` of a customer's pauses would reach: pauses are taken to
    be exponential about a mean of the customer's own, and those means to be spread over customers
    as by two pauses of `pause_scale` days in all that everybody is given beforehand (a Lomax
    distribution, as in BG/NBD, Fader, Hardie and Lee 2005). With many pauses the limits come to
    1.4, 2.3 and 3.0 times the mean; with few they lie further out, and nearer the company's.
-#}
{% macro pause_limit(share, pauses, paused_days, pause_scale) -%}
    cast(ceil(
        ({{ pause_scale }} + {{ paused_days }})
        * (power({{ (1 / share) | round(6) }}, 1.0 / (2 + {{ pauses }})) - 1)
    ) as integer)
{%- endmacro %}

{#-
    Where a customer stands against the own rhythm on a day, from the features and, by the alias
    `rhythm`, the company's rhythm as of that day (int_company_rhythm); null where there is none.
    After one purchase the limits are those of the company's second purchases.

    Contracts have no pauses: who runs one is active; slowing, where more contracts ended than began
    within 90 days; at risk, where the last one ends within 30 days unless somebody renews it.
-#}
{% macro lifecycle_status(rhythm='rhythm') -%}
    {%- if var('churn_kind') == 'contractual' -%}
    case
        when coalesce(subscriptions_lifetime, 0) = 0 then null
        when active_subscriptions = 0 then 'dormant'
        when
            days_to_renewal <= 30
            and (auto_renew_share = 0 or (auto_renew_share is null and contract_term_months > 1))
            then 'at_risk'
        when ended_subscriptions_90d > started_subscriptions_90d then 'slowing'
        when contract_pause_days > 0 and newest_contract_days < 90 then 'won_back'
        else 'active'
    end
    {%- else -%}
    {%- set pauses, days = '(purchase_days_lifetime - 1)', '(days_since_first_order - days_since_last_order)' -%}
    case
        when days_since_last_order is null then null
        {%- for status in ['dormant', 'at_risk'] %}
        when days_since_last_order >= {{ pause_limit_of(status, pauses, days, rhythm) }}
            then '{{ status }}'
        {%- endfor %}
        when last_gap_days > {{ pause_limit_of(
            'dormant', '(purchase_days_lifetime - 2)', days ~ ' - last_gap_days', rhythm
        ) }} then 'won_back'
        when days_since_last_order >= {{ pause_limit_of('slowing', pauses, days, rhythm) }}
            then 'slowing'
        else 'active'
    end
    {%- endif -%}
{%- endmacro %}

{#- First day without an order on which a customer has a status: after one purchase the company's. -#}
{% macro pause_limit_of(status, pauses, paused_days, rhythm='rhythm') -%}
    case
        when {{ pauses }} < 1 then {{ rhythm }}.{{ status }}_after_days
        else {{ pause_limit(
            pause_shares()[status], pauses, '(' ~ paused_days ~ ')', rhythm ~ '.pause_scale'
        ) }}
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
