{#-
    Actions that each eligible customer could get on the day that is decided: one row per customer
    and action of the catalogue, with the expected net value, the reason against it (blocked_by;
    null where the action is allowed), whether the customer permits it and can be contacted
    (is_permitted), and the draws that decide on the arm. A run decides the as-of date only, because
    nobody can act in the past; without a budget the table is empty.

    The cause is that of the customer's signs (customer_causes). An action is proven for a customer
    if its save share for this cause is above 0 with at least the required probability, or where its
    learner is in use, if the learned effect is above 0. Others are given by exploration only: an
    action that costs next to nothing would otherwise be worth its money with any save share above
    0, and a contact in vain keeps better actions away for the length of the cool-down.

    Expected uplift = churn probability × share of would-be churned customers whom the action keeps,
    or the learned effect on the customer where the action's learner is in use.
    Expected net value = uplift × value if retained − expected cost. The value is the margin of one
    horizon where costs of goods are known, and the net revenue elsewhere: an effect is measured over
    one horizon, and whoever is kept for it may leave after it.
-#}
{#- Draws that are the same for all actions of a customer: a digest costs more than a join. -#}
{%- set customer_draws = {
    'holdout': ["'holdout'", 'features.customer_id'],
    'exploration': ["'exploration'", 'features.snapshot_date', 'features.customer_id'],
    'choice': ["'choice'", 'features.snapshot_date', 'features.customer_id'],
} -%}
{%- set control_draw = [
    "'control'", 'judged.action_id', 'day.period_start', 'judged.customer_id'
] %}
with

day as (
    select
        as_of.as_of_date as snapshot_date,
        cast(date_trunc('quarter', as_of.as_of_date) as date) as period_start
    from {{ ref('int_as_of') }} as as_of
    semi join {{ source('ops', 'run_dates') }} as runs
        on as_of.as_of_date = runs.snapshot_date and runs.purpose = 'daily'
    where {{ var('actions_monthly_budget') is not none }}
),

keys as (
    select key from {{ source('ops', 'assignment_key') }}
),

catalogue as (
    select * from {{ ref('action_catalogue') }}
),

scores as (
    select scores.*
    from {{ ref('stg_ml__churn_scores') }} as scores
    semi join day using (snapshot_date)
),

customer_values as (
    select * from {{ ref('customer_values_daily') }}
),

features as (
    select features.*
    from {{ ref('feat_customer_snapshots') }} as features
    semi join day using (snapshot_date)
),

boundaries as (
    select known.*
    from {{ ref('segment_boundaries') }} as known
    inner join day on known.as_of_date <= day.snapshot_date
    qualify row_number() over (order by known.as_of_date desc) = 1
),

contacts as (
    select
        customer_id,
        has_email,
        has_phone
    from {{ ref('dim_customers') }}
),

ids as (
    {{ ids_by_number() }}
),

assignments as (
    select
        customer_no,
        action_id,
        period_start,
        assigned_on,
        cool_down_until
    from {{ ref('action_assignments') }}
),

-- The end of the latest assignment, to either arm: a control customer gets no other action either.
running as (
    select
        ids.customer_id,
        max(assignments.cool_down_until) as cool_down_until
    from assignments
    inner join ids using (customer_no)
    inner join day on assignments.assigned_on < day.snapshot_date
    group by ids.customer_id
),

-- The control draw of a customer and action holds for a campaign period, so a second decision in it
-- would not be random any more.
taken_this_period as (
    select distinct
        ids.customer_id,
        assignments.action_id
    from assignments
    inner join ids using (customer_no)
    inner join day
        on
            assignments.period_start = day.period_start
            and assignments.assigned_on < day.snapshot_date
),

-- Harm seen in all matured periods together, or in the latest one.
harmful_actions as (
    select distinct action_id
    from (
        select
            action_id,
            verdict
        from {{ ref('stg_ml__action_effects') }}
        where segment_kind = 'all' and not is_provisional
        qualify
            row_number() over (
                partition by action_id, period_kind order by period_end desc
            ) = 1
    )
    where verdict = 'harms'
),

-- Effects of an action on its own cause, and on any other (cause null).
save_shares as (
    select * from {{ ref('stg_ml__action_priors') }}
),

learned as (
    select * from {{ ref('uplift_daily') }}
),

causes as (
    select causes.*
    from {{ ref('customer_causes') }} as causes
    semi join day using (snapshot_date)
),

customers as (
    select
        features.customer_id,
        features.snapshot_date,
        scores.churn_probability,
        causes.cause,
        {{ lifecycle_stage_of_snapshot('features') }} as lifecycle_stage,
        {{ customer_type() }} as customer_type,
        features.is_reachable,
        features.average_order_value_365d,
        coalesce(features.open_tickets, 0) > 0 as has_open_complaint,
        contacts.has_email,
        contacts.has_phone,
        running.cool_down_until > features.snapshot_date as is_in_cool_down,
        cast(coalesce(customer_values.expected_margin, customer_values.expected_value) as double)
        * {{ var('horizon_days') }} / 365 as value_if_retained
        {%- for draw, parts in customer_draws.items() %},
        {{ keyed_draw(parts) }} as {{ draw }}_draw
        {%- endfor %}
    from features
    cross join keys
    inner join scores using (customer_id, snapshot_date)
    left join causes using (customer_id, snapshot_date)
    left join boundaries on true
    left join customer_values using (customer_id, snapshot_date)
    left join contacts using (customer_id)
    left join running using (customer_id)
),

-- Actions on a channel that the customer's suppressions forbid.
suppressed as (
    select distinct
        suppressions.customer_id,
        catalogue.action_id
    from {{ ref('customer_suppressions') }} as suppressions
    inner join catalogue
        on suppressions.channel = 'any' or suppressions.channel = catalogue.channel
),

-- Customers with a refusal that cannot be read: it may be for any purpose and channel.
unreadable_refusals as (
    select customer_id from {{ ref('int_unreadable_refusals') }}
),

paired as (
    select
        customers.*,
        catalogue.action_id,
        catalogue.channel,
        catalogue.consent_purpose,
        catalogue.is_discount,
        catalogue.valid_days,
        catalogue.cool_down_days,
        coalesce(own_cause.save_share, other_cause.save_share) as save_share,
        learned.uplift as learned_uplift,
        coalesce(
            learned.uplift,
            customers.churn_probability * coalesce(own_cause.save_share, other_cause.save_share)
        ) as expected_uplift,
        coalesce(own_cause.probability_of_help, other_cause.probability_of_help)
            as probability_of_help,
        {{ expected_cost('catalogue', 'customers.average_order_value_365d') }} as expected_cost,
        taken_this_period.action_id is not null as is_taken_this_period,
        harmful_actions.action_id is not null as is_harmful,
        suppressed.action_id is not null as is_suppressed,
        unreadable_refusals.customer_id is not null as has_unreadable_refusal,
        coalesce(
            case catalogue.channel
                when 'email' then customers.has_email
                when 'phone' then customers.has_phone
                else true
            end,
            false
        ) as has_contact
    from customers
    cross join catalogue
    left join save_shares as own_cause
        on catalogue.action_id = own_cause.action_id and customers.cause = own_cause.cause
    left join save_shares as other_cause
        on catalogue.action_id = other_cause.action_id and other_cause.cause is null
    left join learned
        on
            customers.customer_id = learned.customer_id
            and customers.snapshot_date = learned.snapshot_date
            and catalogue.action_id = learned.action_id
    left join taken_this_period
        on
            customers.customer_id = taken_this_period.customer_id
            and catalogue.action_id = taken_this_period.action_id
    left join harmful_actions on catalogue.action_id = harmful_actions.action_id
    left join suppressed
        on
            customers.customer_id = suppressed.customer_id
            and catalogue.action_id = suppressed.action_id
    left join unreadable_refusals on customers.customer_id = unreadable_refusals.customer_id
),

permitted as (
    select
        paired.*,
        {{ has_consent('paired.consent_purpose') }} as has_consent
    from paired
    {{ join_consents('paired') }}
),

valued as (
    select
        *,
        expected_uplift * value_if_retained - expected_cost as expected_net_value
    from permitted
),

judged as (
    select
        *,
        case
            when is_suppressed then 'never_contact'
            when has_unreadable_refusal then 'unreadable_refusal'
            when not coalesce(is_reachable, false) then 'lost_anyway'
            when is_in_cool_down or is_taken_this_period then 'in_cool_down'
            when not has_consent then 'no_consent'
            when not has_contact then 'no_contact'
            when is_discount and has_open_complaint then 'open_complaint'
            when is_discount and customer_type in ('opportunist', 'passer_by')
                then 'buys_only_on_coupon'
            when is_harmful then 'measured_harm'
            when expected_net_value is null then 'value_unknown'
        end as blocked_by
    from valued
),

final as (
    select
        judged.customer_id,
        judged.snapshot_date,
        judged.action_id,
        judged.blocked_by,
        judged.has_consent
        and judged.has_contact
        and not judged.is_suppressed
        and not judged.has_unreadable_refusal as is_permitted,
        judged.churn_probability,
        judged.is_reachable,
        judged.lifecycle_stage,
        judged.customer_type,
        judged.cause,
        judged.value_if_retained,
        judged.save_share,
        coalesce(
            judged.learned_uplift > 0,
            judged.probability_of_help >= {{ least_probability_of_help() }},
            false
        ) as is_proven,
        judged.expected_uplift,
        judged.expected_cost,
        judged.expected_net_value,
        {%- for draw in customer_draws %}
        case when judged.blocked_by is null then judged.{{ draw }}_draw end as {{ draw }}_draw,
        {%- endfor %}
        case when judged.blocked_by is null then {{ keyed_draw(control_draw) }} end as control_draw,
        judged.snapshot_date + judged.valid_days as expires_on,
        judged.snapshot_date + judged.cool_down_days as cool_down_until
    from judged
    inner join day using (snapshot_date)
    cross join keys
)

select * from final
