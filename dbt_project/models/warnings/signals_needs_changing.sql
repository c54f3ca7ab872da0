{{ config(materialized='ephemeral') }}

{#-
    Signals of a change in the categories that a customer buys.
-#}
with

-- Days on which each category was bought: in the latest 90 days and before them.
{%- set recent = '((category_counters_90d >> {}) & 1023)' %}
{%- set year = '((category_counters_365d >> {}) & 1023)' %}
bought as (
    select
        customer_id,
        snapshot_date,
        {%- for bucket in range(12) %}
        cast({{ recent.format(10 * bucket) }} as double) as recent_{{ bucket }},
        cast({{ year.format(10 * bucket) }} - {{ recent.format(10 * bucket) }} as double)
            as before_{{ bucket }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('warning_expectations') }}
    where category_counters_90d > 0 and category_counters_365d > category_counters_90d
),

-- Jensen-Shannon divergence of two samples weighted by their sizes, in nats. Times twice the number
-- of purchases it is the G statistic, which is about chi-squared if nothing has changed.
mixes as (
    select
        *,
        {%- for part in ['recent', 'before'] %}
        (
            {%- for bucket in range(12) %}
            {{ part }}_{{ bucket }}{{ ' +' if not loop.last }}
            {%- endfor %}
        ) as {{ part }}_all,
        {%- endfor %}
        {%- for bucket in range(12) %}
        cast(recent_{{ bucket }} + before_{{ bucket }} > 0 as integer){{ ' +' if not loop.last }}
        {%- endfor %} as categories
    from bought
),

divergences as (
    {%- set divergence -%}
        {%- for bucket in range(12) %}
            {%- for part in ['recent', 'before'] %}
            case
                when {{ part }}_{{ bucket }} > 0
                    then
                        {{ part }}_{{ bucket }} * ln(
                            {{ part }}_{{ bucket }} / {{ part }}_all
                            / (recent_{{ bucket }} + before_{{ bucket }})
                            * (recent_all + before_all)
                        )
                else 0
            end{{ ' +' if not (loop.last and bucket == 11) }}
            {%- endfor %}
            {%- endfor %}
    {%- endset %}
    select
        customer_id,
        snapshot_date,
        categories - 1 as freedom,
        recent_all + before_all as purchases,
        {{ at_least(divergence, 0) }} as nats
    from mixes
    where recent_all >= 4 and before_all >= 6 and categories > 1
),

category_shift as (
    select
        customer_id,
        snapshot_date,
        'category_shift' as signal,
        sqrt(nats / purchases / ln(2)) as observed,
        sqrt(freedom / (2 * purchases) / ln(2)) as expected,
        {{ normal_tail('shift_z') }} as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from (
        select
            *,
            {{ chi_squared_z('2 * nats', 'freedom') }} as shift_z
        from divergences
    ) as shifts
    where 2 * nats > freedom
),

-- Only customers who ordered since: customers without any order have the signal order_overdue.
category_overdue as (
    select
        customer_id,
        snapshot_date,
        'category_overdue' as signal,
        cast(overdue_days_since_last as double) as observed,
        cast(overdue_gap_days as double) as expected,
        power(
            1 + coalesce(orders_falling_movement, 1) * overdue_days_since_last
            / (overdue_gap_days * (overdue_purchase_days - 1)),
            1 - overdue_purchase_days
        ) as p_value,
        cast(null as integer) as period_days,
        overdue_category_number as category_number
    from {{ ref('warning_expectations') }}
    where
        days_since_last_order < overdue_days_since_last
        and days_since_last_order <= mean_gap_days
        and overdue_days_since_last > overdue_gap_days
)

select * from category_shift
union all
select * from category_overdue
