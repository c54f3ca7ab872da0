{#-
    Purchases of each customer up to the end of each date of the run: recency, frequency, money,
    their trends, inter-purchase intervals, discounts and the mix of categories. One equi-join with
    a calendar of (date, day, age in days), then sums over windows of ages: the fastest of the
    formulations tried (window frames took 12 times as long, and filters in place of the cases a
    third more).
-#}
{%- set windows = [7, 30, 90, 180, 365] %}
with

order_days as (
    select * from {{ ref('int_order_days') }}
),

dates as (
    {{ dates_of_batch() }}
),

calendar as (
    select
        dates.snapshot_date,
        days.activity_date,
        dates.snapshot_date - days.activity_date as age_days,
        {{ window_weight('dates.snapshot_date - days.activity_date', 56, 364) }} as window_weight,
        {{ week_weight('dates.snapshot_date - days.activity_date') }} as week_weight
    from dates
    inner join (select distinct activity_date from order_days) as days
        on days.activity_date <= dates.snapshot_date
),

history as (
    select
        calendar.snapshot_date,
        calendar.age_days,
        calendar.window_weight,
        calendar.week_weight,
        order_days.*
    from order_days
    inner join calendar on order_days.activity_date = calendar.activity_date
    where
        order_days.counts_from <= calendar.snapshot_date
        and calendar.snapshot_date < order_days.counts_to
),

-- Several rows of one customer and day count as one day.
surplus_rows as (
    select
        order_days.customer_no,
        calendar.snapshot_date,
        count(*) - count(distinct order_days.activity_date) as surplus
    from order_days
    inner join calendar on order_days.activity_date = calendar.activity_date
    where
        order_days.shares_day
        and order_days.orders > 0
        and order_days.counts_from <= calendar.snapshot_date
        and calendar.snapshot_date < order_days.counts_to
    group by order_days.customer_no, calendar.snapshot_date
),

aggregated as (
    select
        customer_no,
        snapshot_date,
        min(case when orders > 0 then age_days end) as days_since_last_order,
        max(case when orders > 0 then age_days end) as days_since_first_order,
        count(case when orders > 0 then 1 end) as purchase_rows,
        count(case when orders > valued_orders then 1 end) as unvalued_rows,
        sum(orders) as orders_lifetime,
        sum(net_amount) as net_revenue_lifetime,
        {%- for days in windows %}
        coalesce(sum(case when age_days < {{ days }} then orders end), 0) as orders_{{ days }}d,
        sum(case when age_days < {{ days }} then net_amount end) as known_revenue_{{ days }}d,
        {%- endfor %}
        coalesce(sum(case when age_days between 90 and 179 then orders end), 0) as orders_prior_90d,
        coalesce(sum(case when age_days between 30 and 59 then orders end), 0) as orders_prior_30d,
        sum(case when age_days between 90 and 179 then net_amount end) as known_revenue_prior_90d,
        sum(case when age_days < 365 then valued_orders end) as valued_orders_365d,
        sum(case when age_days < 90 then valued_orders end) as valued_orders_90d,
        -- Orders a year ago in the days that the horizon now covers: a customer who buys only for
        -- Christmas has not churned in autumn. Unknown until there is a year of history.
        case
            when snapshot_date - date '{{ var("first_date") }}' >= 365
                then
                    coalesce(
                        sum(
                            case
                                when age_days between {{ 365 - var('horizon_days') }} and 364
                                    then orders
                            end
                        ), 0
                    )
        end as orders_same_season_last_year,
        count(gap_days) as gaps,
        sum(gap_days) as gap_days_sum,
        sum(gap_days * gap_days) as gap_days_squared_sum,
        avg(case when age_days < 180 then gap_days end) as recent_gap_days,
        max(gap_days) as longest_gap_days,
        -- Age of a gap in the high bits and its length in the low 16: the minimum is the latest
        -- gap.
        min(case when gap_days is not null then age_days * 65536 + gap_days end) as last_pause,
        sum(case when age_days < 365 then gross_amount end) as gross_365d,
        sum(case when age_days < 90 then gross_amount end) as gross_90d,
        sum(case when age_days < 365 then discount_amount end) as discount_365d,
        sum(case when age_days < 90 then discount_amount end) as discount_90d,
        sum(case when age_days < 365 then coupon_orders end) as coupon_orders_365d,
        sum(case when age_days < 90 then coupon_orders end) as coupon_orders_90d,
        sum(discounted_orders) as discounted_orders_lifetime,
        -- The median basket: one of fuel, by the litre, has more units than all others of a year.
        median(case when age_days < 365 then units / coalesce(orders, 1) end)
            as units_per_order_365d,
        sum(case when age_days < 365 then line_count end) as lines_365d,
        sum(case when age_days < 365 then margin_amount end) as margin_365d,
        coalesce(sum(case when age_days < 365 then refunds end), 0) as refunds_365d,
        coalesce(sum(case when age_days < 90 then refunds end), 0) as refunds_90d,
        coalesce(sum(case when age_days < 365 then refunded_amount end), 0) as refunded_365d,
        coalesce(sum(case when age_days < 365 then cancellations end), 0) as cancellations_365d,
        bit_or(case when age_days < 365 then category_mask end) as categories_mask_365d,
        bit_or(case when age_days < 90 then category_mask end) as categories_mask_90d,
        sum(case when age_days < 365 then category_counters end) as category_counters_365d,
        sum(case when age_days < 90 then category_counters end) as category_counters_90d,
        cast(coalesce(sum(orders * window_weight), 0) as bigint) as order_windows,
        coalesce(sum(case when age_days < 84 then orders * week_weight end), 0) as order_weeks
    from history
    group by customer_no, snapshot_date
),

-- Without orders a customer has spent nothing; with orders of unknown amounts only, an unknown
-- amount.
per_day as (
    select
        *,
        {%- for span in ['7d', '30d', '90d', '180d', '365d', 'prior_90d'] %}
        case when orders_{{ span }} > 0 then known_revenue_{{ span }}
            else coalesce(known_revenue_{{ span }}, 0) end as net_revenue_{{ span }},
        {%- endfor %}
        purchase_rows - coalesce(surplus, 0) as purchase_days_lifetime,
        {{ at_least('purchase_rows - coalesce(surplus, 0) - unvalued_rows', 0) }}
            as valued_days_lifetime
    from aggregated
    left join surplus_rows using (customer_no, snapshot_date)
),

derived as (
    select
        *,
        (days_since_first_order - days_since_last_order) / nullif(purchase_days_lifetime - 1, 0)
            as mean_gap_days,
        -- Integers, whose sums do not depend on the order in which threads add them.
        sqrt(
            (gaps * gap_days_squared_sum - gap_days_sum * gap_days_sum)
            / nullif(gaps * (gaps - 1), 0)
        ) as gap_days_stddev,
        net_revenue_365d / nullif(valued_orders_365d, 0) as average_order_value_365d,
        net_revenue_90d / nullif(valued_orders_90d, 0) as average_order_value_90d,
        discount_365d / nullif(gross_365d, 0) as discount_share_365d,
        discount_90d / nullif(gross_90d, 0) as discount_share_90d,
        coupon_orders_365d / nullif(orders_365d, 0) as coupon_share_365d,
        coupon_orders_90d / nullif(orders_90d, 0) as coupon_share_90d,
        discounted_orders_lifetime / nullif(orders_lifetime, 0) as discounted_share_lifetime,
        lines_365d / nullif(orders_365d, 0) as lines_per_order_365d,
        margin_365d / nullif(net_revenue_365d, 0) as margin_share_365d,
        refunds_365d / nullif(orders_365d + refunds_365d, 0) as refund_share_365d,
        refunded_365d / nullif(net_revenue_365d + refunded_365d, 0) as refunded_revenue_share_365d,
        nullif(bit_count(categories_mask_365d), 0) as categories_365d,
        case when categories_mask_365d > 0 then bit_count(categories_mask_90d) end
            as categories_90d,
        greatest(
            {%- for bucket in range(12) %}
            (category_counters_365d >> {{ bucket * 10 }}) & 1023{{ ',' if not loop.last }}
            {%- endfor %}
        ) / nullif(
            {%- for bucket in range(12) %}
            ((category_counters_365d >> {{ bucket * 10 }}) & 1023){{ ' +' if not loop.last }}
            {%- endfor %}, 0
        ) as top_category_share_365d
    from per_day
),

compared as (
    select
        *,
        case when last_pause // 65536 = days_since_last_order then last_pause % 65536 end
            as last_gap_days,
        days_since_last_order / nullif(mean_gap_days, 0) as overdue_ratio,
        recent_gap_days / nullif(mean_gap_days, 0) as gap_trend,
        (orders_90d + 0.5) / (orders_prior_90d + 0.5) as orders_trend_90d,
        (orders_30d + 0.5) / (orders_prior_30d + 0.5) as orders_trend_30d,
        net_revenue_90d / nullif(net_revenue_prior_90d, 0) as net_revenue_trend_90d,
        average_order_value_90d / nullif(average_order_value_365d, 0) as order_value_trend,
        discount_share_90d - discount_share_365d as discount_share_change
    from derived
),

final as (
    select
        customer_no,
        snapshot_date,
        {{ typed_features('feat_purchases') }},
        -- Purchase days whose amounts are all known: for the value, not a feature of the model.
        cast(valued_days_lifetime as integer) as valued_days_lifetime,
        -- Inputs of the warnings, not features of the model.
        category_counters_365d,
        category_counters_90d,
        order_windows,
        order_weeks
    from compared
)

select * from final
