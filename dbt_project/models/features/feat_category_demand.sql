{#-
    What a customer usually buys and when it is due, by category, over the year up to each date of
    the run: the category bought on most days, the one bought last, and the one that is longest
    overdue beside its own pauses.
-#}
{%- set category -%}
    struct_pack(
                category_number := category_number,
                purchase_days := purchase_days,
                days_since_last := days_since_last,
                gap_days_sum := gap_days_sum
            )
{%- endset %}
with

order_days as (
    select
        identities.customer_no,
        order_days.activity_date,
        greatest(order_days.known_from, identities.valid_from) as counts_from,
        least(order_days.known_to, identities.valid_to) as counts_to,
        order_days.category_numbers
    from {{ ref('int_order_days') }} as order_days
    inner join {{ ref('int_identity_history') }} as identities
        using (source, source_customer_id)
    where len(order_days.category_numbers) > 0
),

dates as (
    select distinct snapshot_date from {{ source('ops', 'run_dates') }}
),

calendar as (
    select
        dates.snapshot_date,
        dates.snapshot_date - ages.age_days as activity_date,
        ages.age_days
    from dates
    cross join (select cast(range as integer) as age_days from range(365)) as ages
),

-- A day counts once, in however many rows and orders the category is.
category_days as (
    select distinct
        order_days.customer_no,
        calendar.snapshot_date,
        calendar.age_days,
        unnest(order_days.category_numbers) as category_number
    from order_days
    inner join calendar on order_days.activity_date = calendar.activity_date
    where
        order_days.counts_from <= calendar.snapshot_date
        and calendar.snapshot_date < order_days.counts_to
),

customer_categories as (
    select
        customer_no,
        snapshot_date,
        category_number,
        count(*) as purchase_days,
        min(age_days) as days_since_last,
        max(age_days) - min(age_days) as gap_days_sum
    from category_days
    group by all
),

company as (
    select
        snapshot_date,
        arg_max(category_number, (purchase_days, category_number)) as company_category_number
    from (
        select
            snapshot_date,
            category_number,
            sum(purchase_days) as purchase_days
        from customer_categories
        group by all
    ) as totals
    group by snapshot_date
),

-- With a pause known only up to its mean from as many pauses, the chance of one of at least this
-- length is a Pareto tail; without two pauses nothing is usual.
overdue as (
    select
        *,
        case
            when purchase_days >= 3
                then power(1 + days_since_last / gap_days_sum, 1 - purchase_days)
        end as p_value
    from customer_categories
),

chosen as (
    select
        overdue.customer_no,
        overdue.snapshot_date,
        arg_max(
            {{ category }}, (purchase_days, -days_since_last, category_number)
        ) as usual,
        arg_max(category_number, (-days_since_last, purchase_days, category_number))
            as last_category_number,
        arg_min({{ category }}, (p_value, category_number)) filter (where p_value is not null)
            as overdue,
        any_value(company.company_category_number) as company_category_number
    from overdue
    inner join company on overdue.snapshot_date = company.snapshot_date
    group by overdue.customer_no, overdue.snapshot_date
),

final as (
    select
        customer_no,
        snapshot_date,
        {%- for kind in ['usual', 'overdue'] %}
        {{ kind }}['category_number'] as {{ kind }}_category_number,
        cast({{ kind }}['purchase_days'] as integer) as {{ kind }}_purchase_days,
        {{ kind }}['days_since_last'] as {{ kind }}_days_since_last,
        {{ kind }}['gap_days_sum'] / nullif({{ kind }}['purchase_days'] - 1, 0)
            as {{ kind }}_gap_days,
        {%- endfor %}
        last_category_number,
        company_category_number
    from chosen
)

select * from final
