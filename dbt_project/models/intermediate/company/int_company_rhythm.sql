{#-
    Quantiles of the wait until the second purchase of the company's first-time buyers. One-time
    buyers are compared with these quantiles, and customers with few gaps are shrunk towards them.
    One row per date of the run and as-of date; empty where churn is contractual.

    Waits end on the second purchase day, and open waits are censored on the date. Completed waits
    alone would be biased towards short waits. Where the history is too short, the dormancy limit of
    one-time buyers is eligible_days. The other quantiles then follow from exponential waits.
-#}
{%- set shares = pause_shares() -%}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
    union
    select as_of_date as snapshot_date from {{ ref('int_as_of') }}
),

purchase_days as (
    select
        customer_no,
        activity_date,
        counts_from,
        counts_to,
        counts_from = activity_date and counts_to = date '9999-12-31' as counts_always
    from {{ ref('int_order_days') }}
    where
        orders > 0
        {%- if var('churn_kind') == 'contractual' %}
        and false
        {%- endif %}
),

-- After two purchase days that have counted since and still count, no later day can be the second.
-- Each date is therefore joined with two or three days per customer and not with all days. (A
-- window that counts such days takes three times as long.)
first_lasting_days as (
    select
        customer_no,
        min(activity_date) as first_on
    from purchase_days
    where counts_always
    group by customer_no
),

second_lasting_days as (
    select
        customer_no,
        min(purchase_days.activity_date) as second_on
    from purchase_days
    inner join first_lasting_days using (customer_no)
    where
        purchase_days.counts_always
        and purchase_days.activity_date > first_lasting_days.first_on
    group by customer_no
),

early_days as (
    select purchase_days.*
    from purchase_days
    left join second_lasting_days using (customer_no)
    where purchase_days.activity_date <= coalesce(second_lasting_days.second_on, date '9999-12-31')
),

first_days as (
    select
        dates.snapshot_date,
        early_days.customer_no,
        min(early_days.activity_date) as first_on,
        list_sort(list_distinct(list(early_days.activity_date)))[2] as second_on
    from early_days
    inner join dates
        on
            early_days.counts_from <= dates.snapshot_date
            and dates.snapshot_date < early_days.counts_to
    group by dates.snapshot_date, early_days.customer_no
    having min(early_days.activity_date) >= {{ first_purchases_from() }}
),

waits as (
    select
        snapshot_date,
        coalesce(second_on, snapshot_date) - first_on as days,
        count(second_on) as events,
        count(*) - count(second_on) as censored
    from first_days
    group by all
),

curves as (
    {{ kaplan_meier('waits', ['snapshot_date']) }}
),

watched as (
    {{ watched_waits('curves', ['snapshot_date']) }}
),

limits as (
    select
        snapshot_date,
        {%- for status, share in shares.items() %}
        min(days) filter (where share_to_come <= {{ share }}) as {{ status }}_after_days
        {{- ',' if not loop.last }}
        {%- endfor %}
    from watched
    group by snapshot_date
),

final as (
    select
        dates.snapshot_date,
        {%- for status, share in shares.items() %}
        cast(coalesce(
            limits.{{ status }}_after_days,
            ceil({{ var('eligible_days') }} * ln({{ share }}) / ln({{ shares['dormant'] }}))
        ) as integer) as {{ status }}_after_days{{ ',' if not loop.last }}
        {%- endfor %}
    from dates
    left join limits using (snapshot_date)
)

select * from final
