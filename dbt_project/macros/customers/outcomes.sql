{#-
    Outcome of each customer who was eligible at the end of a date, by the deployment's definition
    of churn. The macro is a list of CTEs, of which the last is `outcomes`.

    It reads a CTE `dates` with `snapshot_date` and `matured_on`, the last day whose data and
    customers the outcome uses. That is the end of the horizon for a label, and the day of the run
    for a horizon that is still open: `churned` then means not returned so far. A date may have
    several such days. `used` is the condition of `used_purchases`, where the dates are known before
    the query runs.
-#}
{% macro churn_outcomes(used=none) -%}
identities as (
    select
        record_no,
        customer_no,
        customer_id,
        source,
        source_customer_id,
        valid_from,
        valid_to
    from {{ ref('int_identity_history') }}
),
{% if var('churn_kind') == 'contractual' %}
contracts as (
    select * from {{ ref('int_contracts') }}
),

eligible as (
    select distinct
        dates.snapshot_date,
        contracts.customer_no
    from contracts
    inner join dates
        on contracts.runs_from <= dates.snapshot_date and dates.snapshot_date < contracts.runs_to
),

-- Under contract at the end of the horizon, by any subscription: a pause is no end, and an end
-- counts once no other contract has followed for swap_gap_days.
stayed as (
    select distinct
        dates.snapshot_date,
        dates.matured_on,
        contracts.customer_no,
        cast(null as date) as first_ordered_on,
        cast(null as {{ money_type() }}) as net_revenue
    from contracts
    inner join dates
        on contracts.runs_from <= dates.matured_on and dates.matured_on < contracts.held_to
),
{% else %}
purchases as (
    select
        identities.customer_no,
        purchases.ordered_on,
        purchases.net_amount,
        greatest(purchases.counts_from, identities.valid_from) as counts_from,
        least(purchases.counts_to, identities.valid_to) as counts_to
    from {{ ref('int_purchases') }} as purchases
    inner join identities using (source, source_customer_id)
    {%- if used %}
    where {{ used }}
    {%- endif %}
),

eligible as (
    select distinct
        dates.snapshot_date,
        purchases.customer_no
    from purchases
    inner join dates
        on
            purchases.ordered_on <= dates.snapshot_date
            and purchases.ordered_on > dates.snapshot_date - {{ var('eligible_days') }}
            and purchases.counts_from <= dates.snapshot_date
            and dates.snapshot_date < purchases.counts_to
),

stayed as (
    select
        dates.snapshot_date,
        dates.matured_on,
        purchases.customer_no,
        min(purchases.ordered_on) as first_ordered_on,
        sum(purchases.net_amount) as net_revenue
    from purchases
    inner join dates
        on
            purchases.ordered_on > dates.snapshot_date
            and purchases.ordered_on <= dates.matured_on
            and purchases.counts_from <= dates.matured_on
            and dates.matured_on < purchases.counts_to
    group by all
),

-- Refunds within the horizon that name no order.
returned as (
    select
        dates.snapshot_date,
        dates.matured_on,
        identities.customer_no,
        sum(refunds.amount) as amount
    from {{ ref('int_order_refunds') }} as refunds
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            refunds.refunded_on > dates.snapshot_date
            and refunds.refunded_on <= dates.matured_on
            and refunds.known_from <= dates.matured_on
            and dates.matured_on < refunds.known_to
            and identities.valid_from <= dates.matured_on
            and dates.matured_on < identities.valid_to
    where refunds.is_of_customer
    group by all
),
{% endif %}
eligible_records as (
    select
        eligible.snapshot_date,
        dates.matured_on,
        identities.customer_no,
        identities.customer_id,
        identities.record_no
    from eligible
    inner join dates using (snapshot_date)
    inner join identities
        on
            eligible.customer_no = identities.customer_no
            and identities.valid_from <= eligible.snapshot_date
            and eligible.snapshot_date < identities.valid_to
),

-- Customers of the records at the end of the horizon: one or several.
later_customers as (
    select distinct
        eligible_records.snapshot_date,
        eligible_records.matured_on,
        eligible_records.customer_no,
        eligible_records.customer_id,
        later_identities.customer_no as later_customer_no
    from eligible_records
    inner join identities as later_identities
        on
            eligible_records.record_no = later_identities.record_no
            and later_identities.valid_from <= eligible_records.matured_on
            and eligible_records.matured_on < later_identities.valid_to
),

outcomes as (
    select
        any_value(later_customers.customer_id) as customer_id,
        later_customers.snapshot_date,
        later_customers.matured_on,
        not bool_or(stayed.customer_no is not null) as churned,
        {%- if var('churn_kind') == 'contractual' %}
        cast(null as integer) as returned_after_days,
        {%- else %}
        min(stayed.first_ordered_on) - later_customers.snapshot_date as returned_after_days,
        {%- endif %}
        {%- if var('churn_kind') == 'contractual' %}
        cast(sum(stayed.net_revenue) as {{ money_type() }}) as next_net_revenue
        {%- else %}
        -- Refunds of earlier purchases may exceed the horizon's own.
        cast(
            case
                when sum(stayed.net_revenue) is not null
                    then {{ at_least('sum(stayed.net_revenue) - coalesce(sum(returned.amount), 0)', 0) }}
            end as {{ money_type() }}
        ) as next_net_revenue
        {%- endif %}
    from later_customers
    left join stayed
        on
            later_customers.snapshot_date = stayed.snapshot_date
            and later_customers.matured_on = stayed.matured_on
            and later_customers.later_customer_no = stayed.customer_no
    {%- if var('churn_kind') != 'contractual' %}
    left join returned
        on
            later_customers.snapshot_date = returned.snapshot_date
            and later_customers.matured_on = returned.matured_on
            and later_customers.later_customer_no = returned.customer_no
    {%- endif %}
    group by
        later_customers.customer_no,
        later_customers.snapshot_date,
        later_customers.matured_on
)
{%- endmacro %}

{#-
    Condition on the `purchases` that any date of a query of `dates` can use; false without a date.
    The bounds are literals, so that the filter reaches the scan: a day on which no horizon has
    passed costs nothing, and another one costs the purchases of one window.
-#}
{% macro used_purchases(dates) -%}
    {%- set question = 'select min(snapshot_date), max(matured_on) from (' ~ dates ~ ')' -%}
    {%- set first, last = run_query(question)[0] if execute else (none, none) -%}
    {%- if first is none -%}
        {{- return('false') -}}
    {%- endif -%}
    {{- return(
        "purchases.ordered_on > date '" ~ first ~ "' - " ~ var('eligible_days')
        ~ " and purchases.ordered_on <= date '" ~ last ~ "'"
    ) -}}
{%- endmacro %}
