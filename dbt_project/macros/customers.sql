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

{#- Of a customer's pauses, the share that is as long as those with which a status begins. -#}
{% macro pause_shares() -%}
    {{ return({'slowing': 0.25, 'at_risk': 0.15, 'dormant': 0.05}) }}
{%- endmacro %}

{#-
    First day without an order on which a customer has a status, by the number of the own pauses so
    far, the days that they took in all, and the company's limits (int_company_rhythm by the alias
    `rhythm`). Pauses are taken to be exponential about the customer's own mean, and two pauses are
    added to them, so long that without any of the own the limit is the company's (the Lomax
    distribution of Fader, Hardie and Lee's BG/NBD, 2005). With many pauses the limits come to 1.4,
    1.9 and 3.0 times the mean; with few they lie further out.
-#}
{% macro pause_limit(status, pauses, paused_days, rhythm='rhythm') -%}
    {%- set rarity = (1 / pause_shares()[status]) | round(9) -%}
    cast(ceil(round(
        ({{ rhythm }}.{{ status }}_after_days / (sqrt({{ rarity }}) - 1) + ({{ paused_days }}))
        * (power({{ rarity }}, 1.0 / (2 + ({{ pauses }}))) - 1),
        6
    )) as integer)
{%- endmacro %}

{#-
    First day of which a first purchase in the data is taken to be the customer's first: who bought
    in the horizon_days with which the history begins may have bought before it.
-#}
{% macro first_purchases_from() -%}
    date '{{ var("first_date") }}' + {{ var('horizon_days') }}
{%- endmacro %}

{#-
    Where a customer stands against the own rhythm on a day, from the features and, by the alias
    `rhythm`, the company's rhythm as of that day (int_company_rhythm); null where there is none.

    Contracts have no pauses: who runs one is active; at risk, where the last one ends within 30
    days unless somebody renews it; slowing, where more ended than began within 90 days.
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
        when contract_pause_90d > 0 then 'won_back'
        else 'active'
    end
    {%- else -%}
    {%- set days = 'days_since_first_order - days_since_last_order' -%}
    {%- set pauses = 'purchase_days_lifetime - 1' -%}
    {%- set last_limit = pause_limit('dormant', pauses ~ ' - 1', days ~ ' - last_gap_days', rhythm) -%}
    case
        when days_since_last_order is null then null
        {%- for status in ['dormant', 'at_risk'] %}
        when days_since_last_order >= {{ pause_limit(status, pauses, days, rhythm) }} then '{{ status }}'
        {%- endfor %}
        when last_gap_days > {{ last_limit }} then 'won_back'
        when days_since_last_order >= {{ pause_limit('slowing', pauses, days, rhythm) }} then 'slowing'
        else 'active'
    end
    {%- endif -%}
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

{#-
    What a customer is expected to bring over the next 365 days: a contract twelve monthly fees, a
    shop's customer the days of purchase that the own history tells of (BG/NBD) times what such a
    day is worth (Gamma-Gamma), each drawn towards the company's average the more, the shorter the
    history, times what trees make of the eligible (customer_values_daily).
-#}
{% macro expected_net_revenue(features, parameters, scores) -%}
    case
        when {{ features }}.monthly_amount is not null then 12 * {{ features }}.monthly_amount
        when {{ features }}.purchase_days_lifetime > 0
            then
                {{ parameters }}.level
                * 365
                * ({{ parameters }}.r + {{ features }}.purchase_days_lifetime - 1)
                / ({{ parameters }}.alpha + {{ features }}.days_since_first_order)
                * {{ parameters }}.p
                * ({{ parameters }}.gamma + greatest({{ features }}.net_revenue_lifetime, 0))
                / (
                    {{ parameters }}.p * case
                        when {{ features }}.net_revenue_lifetime > 0
                            then {{ features }}.purchase_days_lifetime
                        else 0
                    end
                    + {{ parameters }}.q
                    - 1
                )
                * coalesce({{ scores }}.value_factor, 1)
    end
{%- endmacro %}
