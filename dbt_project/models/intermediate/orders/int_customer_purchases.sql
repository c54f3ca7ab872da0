{#-
    Purchase days of each customer, as known on the as-of date, with the next purchase day and the
    day on which the customer was lost. One row per customer and purchase day; empty where churn is
    contractual.

    A customer is lost after eligible_days without a purchase. The day depends on the customer's own
    purchases before it and on nothing else, so a past month changes only by orders learned late.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
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

final as (
    select
        numbered.customer_no,
        numbered.purchase_no,
        numbered.purchased_on,
        numbered.first_on,
        numbered.next_on,
        case
            when
                numbered.purchased_on + {{ var('eligible_days') }}
                < least(coalesce(numbered.next_on, date '9999-12-31'), as_of.as_of_date + 1)
                then numbered.purchased_on + {{ var('eligible_days') }}
        end as lost_on,
        numbered.net_revenue,
        numbered.margin
    from numbered
    cross join as_of
)

select * from final
