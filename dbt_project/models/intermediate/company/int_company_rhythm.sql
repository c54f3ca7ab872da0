{#-
    Days until first-time buyers return, as of each date of the run and the as-of date. Customers
    without gaps of their own are compared with these limits, and customers with few gaps are shrunk
    towards them. One row per date; empty where churn is contractual.

    Waits run to the second day with a purchase and are censored on the date: completed gaps alone
    would be the short ones. Where the company has too few cases, a one-time buyer is dormant after
    the deployment's eligible_days, and the other limits follow from an exponential distribution.
-#}
{%- set shares = pause_shares() -%}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
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

-- After two days that have always counted and still do, no later day can be the second on any date.
-- So the dates are joined with two or three days per customer, not with all. (A window that counts
-- such days takes three times as long.)
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
    having
        min(early_days.activity_date)
        >= {{ first_purchases_from('purchase_days', 'activity_date') }}
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
