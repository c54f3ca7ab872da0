{#-
    Purchase days of each customer, as known on the as-of date, with the next purchase day and the
    day on which the gap made the customer dormant. One row per customer and purchase day; empty
    where churn is contractual.

    The limit of a gap depends only on earlier gaps of the customer, so every past month is judged
    by the data of its time. Only one-time buyers are compared with the company's second purchases
    as of the as-of date.
-#}
with

as_of as (
    select
        as_of_date,
        rhythm.*
    from {{ ref('int_as_of') }}
    inner join {{ ref('int_company_rhythm') }} as rhythm
        on as_of_date = rhythm.snapshot_date
),

purchase_days as (
    select order_days.*
    from {{ ref('int_order_days') }} as order_days
    cross join as_of
    where
        -- A basket with several validity intervals has its margin in rows of its own.
        (order_days.orders > 0 or order_days.margin_amount is not null)
        and order_days.counts_from <= as_of.as_of_date
        and as_of.as_of_date < order_days.counts_to
        {%- if var('churn_kind') == 'contractual' %}
        and false
        {%- endif %}
),

-- Only days with several rows have to be aggregated.
days as (
    select
        customer_no,
        activity_date as purchased_on,
        net_amount as net_revenue,
        margin_amount as margin
    from purchase_days
    where not shares_day
    union all
    select
        customer_no,
        activity_date as purchased_on,
        cast(sum(net_amount) as {{ money_type() }}) as net_revenue,
        cast(sum(margin_amount) as {{ money_type() }}) as margin
    from purchase_days
    where shares_day
    group by customer_no, activity_date
),

numbered as (
    select
        *,
        cast(row_number() over of_customer as integer) as purchase_no,
        first_value(purchased_on) over of_customer as first_on,
        lead(purchased_on) over of_customer as next_on
    from days
    window of_customer as (partition by customer_no order by purchased_on)
),

paused as (
    select
        numbered.*,
        as_of.as_of_date,
        numbered.purchased_on + {{ pause_limit(
            'dormant', 'numbered.purchase_no - 1', 'numbered.purchased_on - numbered.first_on', 'as_of'
        ) }} as limit_on
    from numbered
    cross join as_of
),

final as (
    select
        customer_no,
        purchase_no,
        purchased_on,
        first_on,
        next_on,
        case
            when limit_on <= as_of_date and limit_on < coalesce(next_on, date '9999-12-31')
                then limit_on
        end as dormant_on,
        net_revenue,
        margin
    from paused
)

select * from final
