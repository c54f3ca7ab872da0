{#-
    Retention triangle up to the as-of date: for customers who first bought in a month, how many
    bought in each month since, and their revenue; for contracts, how many were under contract. A
    month without active customers has a row too.
-#}
{%- set is_contractual = var('churn_kind') == 'contractual' -%}
with

as_of as (
    select
        as_of_date,
        cast(date_trunc('month', as_of_date) as date) as as_of_month
    from {{ ref('int_as_of') }}
),
{% if is_contractual %}
contracts as (
    select
        customer_no,
        monthly_amount,
        started_on,
        coalesce(ended_on, date '9999-12-31') as runs_to,
        paused_from,
        paused_to,
        cast(date_trunc('month', min(started_on) over (partition by customer_no)) as date)
            as cohort_month
    from {{ ref('int_customer_contracts') }}
    where not is_trial
),

contract_months as (
    select
        *,
        cast(unnest(generate_series(
            date_trunc('month', started_on),
            date_trunc('month', least(runs_to - 1, (select as_of.as_of_date from as_of))),
            interval 1 month
        )) as date) as month
    from contracts
),

bounded_months as (
    select
        *,
        greatest(started_on, month) as first_day,
        least(runs_to, last_day(month) + 1, (select as_of.as_of_date + 1 from as_of)) as next_day
    from contract_months
),

-- A fee counts for the share of the month's days on which the contract was active and not paused.
customer_months as (
    select
        customer_no,
        cohort_month,
        month,
        sum(cast(
            monthly_amount
            * (
                next_day - first_day
                - {{ at_least('least(paused_to, next_day) - greatest(paused_from, first_day)', 0) }}
            )
            / day(last_day(month)) as {{ money_type() }}
        )) as net_revenue,
        cast(null as {{ money_type() }}) as margin
    from bounded_months
    group by customer_no, cohort_month, month
),

cells as (
    select
        cohort_month,
        month,
        count(*) as active_customers,
        sum(net_revenue) as net_revenue,
        sum(margin) as margin
    from customer_months
    group by cohort_month, month
),
{% else %}
-- A customer is counted by the last purchase of a month, which the next purchase identifies, so
-- that customers need not be grouped first.
purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

-- Refunds that name no order reduce the revenue of their own month.
returns as (
    select
        firsts.first_on,
        order_days.activity_date as purchased_on,
        order_days.net_amount as net_revenue
    from {{ ref('int_order_days') }} as order_days
    cross join as_of
    inner join purchases as firsts
        on order_days.customer_no = firsts.customer_no and firsts.purchase_no = 1
    where
        order_days.refunds > 0
        and order_days.net_amount is not null
        and order_days.counts_from <= as_of.as_of_date
        and as_of.as_of_date < order_days.counts_to
),

movements as (
    select
        first_on,
        purchased_on,
        next_on is null or next_on > last_day(purchased_on) as is_last_of_month,
        net_revenue,
        margin
    from purchases
    union all by name
    select * from returns
),

cells as (
    select
        cast(date_trunc('month', first_on) as date) as cohort_month,
        cast(date_trunc('month', purchased_on) as date) as month,
        count(*) filter (is_last_of_month) as active_customers,
        sum(net_revenue) as net_revenue,
        sum(margin) as margin
    from movements
    group by all
),
{% endif %}
cohorts as (
    select
        cohort_month,
        active_customers as customers
    from cells
    where month = cohort_month
),

triangle as (
    select
        cohorts.*,
        cast(unnest(generate_series(
            cohorts.cohort_month, as_of.as_of_month, interval 1 month
        )) as date) as month,
        (select count(cells.margin) > 0 from cells) as has_costs
    from cohorts
    cross join as_of
),

final as (
    select
        triangle.cohort_month,
        cast(datediff('month', triangle.cohort_month, triangle.month) as integer) as months_since,
        last_day(triangle.month) <= (select as_of.as_of_date from as_of) as is_complete,
        {%- if is_contractual %}
        false as is_run_in,
        {%- else %}
        triangle.cohort_month < {{ first_purchases_from('purchases', 'purchased_on') }}
            as is_run_in,
        {%- endif %}
        cast(triangle.customers as bigint) as customers,
        cast(coalesce(cells.active_customers, 0) as bigint) as active_customers,
        coalesce(cells.active_customers, 0) / triangle.customers as retention_rate,
        cast(
            case when coalesce(cells.active_customers, 0) = 0 then coalesce(cells.net_revenue, 0)
                else cells.net_revenue end as {{ money_type() }}
        ) as net_revenue,
        cast(case when triangle.has_costs then coalesce(cells.margin, 0) end as {{ money_type() }})
            as margin
    from triangle
    left join cells using (cohort_month, month)
    order by triangle.cohort_month, months_since
)

select * from final
