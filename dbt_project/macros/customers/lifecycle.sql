{#- Lifecycle stage and lifecycle status of a customer. -#}

{#-
    Lifecycle stages in their order. A stage of a buyer or of a contract has the least number of days
    from which a customer is in it: days with a purchase in a shop (several orders of one day count
    once), days of paid contracts where churn is contractual.
-#}
{% macro lifecycle_stages() -%}
    {{ return([
        {'stage': 'prospect'},
        {'stage': 'trial'},
        {'stage': 'first_purchase', 'purchase_days': 1, 'contract_days': 0},
        {'stage': 'repeat', 'purchase_days': 2, 'contract_days': 90},
        {'stage': 'loyal', 'purchase_days': 5, 'contract_days': 365},
    ]) }}
{%- endmacro %}

{#-
    Lifecycle stage of a customer. Paid contract days run from the first day that was paid for to the
    as-of date, or to the end of the last contract where none is running; a pause counts. A customer
    whose trial ended without a payment stays in the stage trial, as dormant.
-#}
{% macro lifecycle_stage(purchase_days, paid_contract_days, is_trial='false') -%}
    {%- set prospect, trial = lifecycle_stages()[:2] -%}
    {%- set is_contractual = var('churn_kind') == 'contractual' -%}
    case
        {%- for paid in lifecycle_stages()[2:] | reverse %}
        {%- if is_contractual %}
        when {{ paid_contract_days }} >= {{ paid.contract_days }} then '{{ paid.stage }}'
        {%- else %}
        when {{ purchase_days }} >= {{ paid.purchase_days }} then '{{ paid.stage }}'
        {%- endif %}
        {%- endfor %}
        when {{ is_trial }} then '{{ trial.stage }}'
        else '{{ prospect.stage }}'
    end
{%- endmacro %}

{#-
    Lifecycle stage on the date of a row of feat_customer_snapshots, by the row's alias. `has_trial`
    is that of feat_contracts; eligible customers need none, because a stage of payers comes first.
-#}
{% macro lifecycle_stage_of_snapshot(features, has_trial='false') -%}
    {{ lifecycle_stage(
        features ~ '.purchase_days_lifetime',
        features ~ '.paid_contract_days',
        has_trial ~ " or lower(coalesce(" ~ features ~ ".contract_plan, " ~ features ~ ".plan)) = 'trial'",
    ) }}
{%- endmacro %}

{#- Stages of contracts as rows of `values`: stage, first day in it, first day in the next one. -#}
{% macro contract_stages() -%}
    {%- set stages = lifecycle_stages()[2:] -%}
    {%- for paid in stages -%}
    ('{{ paid.stage }}', {{ paid.contract_days }}, {{ 1000000 if loop.last else loop.nextitem.contract_days }})
    {{- ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Share of a customer's gaps that are at least as long as the gap with which a status begins. -#}
{% macro pause_shares() -%}
    {{ return({'slowing': 0.25, 'at_risk': 0.15, 'dormant': 0.05}) }}
{%- endmacro %}

{#-
    Number of days without an order from which a customer has a status, by the number of the
    customer's gaps so far, their total days, and the company's limits (int_company_rhythm by the
    alias `rhythm`). Gaps are modelled as exponential around the customer's mean. Two prior gaps are
    added, of such a length that the limit without any gap is the company's limit (the Lomax
    distribution of Fader, Hardie and Lee's BG/NBD, 2005). With many gaps the limits are 1.4, 1.9 and
    3.0 times the mean; with few gaps they are longer.
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
    Probability that a customer who keeps the own intervals places no order within `days`, by the same
    distribution of gaps as pause_limit. Orders come at random, so the days since the last order
    do not matter.
-#}
{% macro no_order_by_own_interval(days, pauses, paused_days, rhythm='rhythm') -%}
    {%- set rarity = (1 / pause_shares()['at_risk']) | round(9) -%}
    {%- set all_days -%}
    ({{ rhythm }}.at_risk_after_days / (sqrt({{ rarity }}) - 1) + ({{ paused_days }}))
    {%- endset -%}
    power({{ all_days }} / ({{ all_days }} + {{ days }}), 2 + ({{ pauses }}))
{%- endmacro %}

{#-
    First date on which a first purchase in the data counts as the customer's first purchase, from
    the purchase days in the column `day` of the relation `purchases`. History begins on first_date
    or on the first purchase day in the data, whichever is later. A customer who bought within the
    first horizon_days of the history may have bought before it.

    Without purchases the subquery is null, `greatest` ignores it, and first_date stands.
-#}
{% macro first_purchases_from(purchases, day) -%}
    greatest(
        date '{{ var("first_date") }}', (select min(history.{{ day }}) from {{ purchases }} as history)
    ) + {{ var('horizon_days') }}
{%- endmacro %}

{#-
    Lifecycle status of a customer on a date, from the features and, by the alias `rhythm`, the
    company's intervals as of that date (int_company_rhythm); null without a purchase or contract.

    Contracts have no gaps. A customer with a running contract is active; past due while a payment
    is overdue; paused while every contract is paused, also beyond the resume date; at risk if the
    last contract ends within 30 days without automatic renewal; slowing if more ended than began
    within 90 days. A customer on trial is active, and dormant once the trial ended unpaid.
-#}
{% macro lifecycle_status(rhythm='rhythm') -%}
    {%- if var('churn_kind') == 'contractual' -%}
    case
        when contract_state is null then null
        when contract_state in ('ended', 'trial_ended') then 'dormant'
        when contract_state in ('paused', 'pause_overdue') then 'paused'
        when contract_state = 'past_due' then 'past_due'
        when contract_state = 'trial' then 'active'
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

{#-
    Date from which a customer is overdue by the customer's own interval: the last order plus the
    limit of the status at_risk. Null without an order, and for contracts, which have no gaps.
-#}
{% macro overdue_on(snapshot_date, rhythm='rhythm') -%}
    {%- if var('churn_kind') == 'contractual' -%}
    cast(null as date)
    {%- else -%}
    {{ snapshot_date }} - days_since_last_order + {{ pause_limit(
        'at_risk', 'purchase_days_lifetime - 1', 'days_since_first_order - days_since_last_order', rhythm
    ) }}
    {%- endif -%}
{%- endmacro %}

{#-
    True if a customer can still be reached, by the lifecycle status: active, slowing or won back, so
    not overdue by the customer's own interval. With contracts every customer whose contract has not
    ended can be reached. Null without a status.
-#}
{% macro is_reachable(status) -%}
    {%- if var('churn_kind') == 'contractual' -%}
    {{ status }} <> 'dormant'
    {%- else -%}
    {{ status }} in ('active', 'slowing', 'won_back')
    {%- endif -%}
{%- endmacro %}
