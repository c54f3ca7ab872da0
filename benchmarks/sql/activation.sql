-- Risk and segments of the day. `scores` is what the model said.
create temp table values_at_stake as
with today as (
    select * from features where snapshot_date = getvariable('day')
),
company as (
    select
        sum(net_revenue_365d) / sum(orders_365d) as order_value,
        sum(orders_365d)
        / sum(least(days_since_first_order + 1, 365)) filter (where orders_365d > 0)
            as orders_a_day
    from today
)
select
    customer_id,
    cast(
        365
        * (orders_365d + 1)
        / (least(days_since_first_order + 1, 365) + 1 / orders_a_day)
        * (net_revenue_365d + order_value)
        / (orders_365d + 1)
        as decimal(18, 2)
    ) as expected_value
from today
cross join company;

create table if not exists customer_risk_daily (
    customer_id varchar,
    snapshot_date date,
    churn_probability double,
    risk_tier varchar,
    risk_percentile double,
    expected_value decimal(18, 2),
    value_at_risk decimal(18, 2),
    main_cause varchar,
    reason_1 varchar,
    reason_2 varchar,
    reason_3 varchar
);
delete from customer_risk_daily where snapshot_date = getvariable('day');
insert into customer_risk_daily
select
    customer_id,
    snapshot_date,
    churn_probability,
    case
        when churn_probability >= 0.7 then 'high'
        when churn_probability >= 0.4 then 'medium'
        else 'low'
    end,
    percent_rank() over (order by churn_probability),
    expected_value,
    cast(churn_probability * expected_value as decimal(18, 2)),
    main_cause,
    reason_feature_1,
    reason_feature_2,
    reason_feature_3
from scores
left join values_at_stake using (customer_id);

create table if not exists customer_segments_daily (
    customer_id varchar,
    snapshot_date date,
    recency_score integer,
    frequency_score integer,
    monetary_score integer,
    rfm_segment varchar,
    value_tier varchar,
    behaviour_group varchar,
    customer_type varchar,
    risk_tier varchar
);
delete from customer_segments_daily where snapshot_date = getvariable('day');
insert into customer_segments_daily
with today as (
    select * from features where snapshot_date = getvariable('day')
),
scored as (
    select
        customer_id,
        6 - ntile(5) over (order by days_since_last_order, customer_id) as recency,
        ntile(5) over (order by orders_365d, customer_id) as frequency,
        ntile(5) over (order by net_revenue_365d, customer_id) as monetary,
        (frequency + monetary) / 2.0 as worth
    from today
    where orders_365d > 0
),
valued as (
    select
        customer_id,
        percent_rank() over (order by expected_value) as value_rank
    from values_at_stake
    where expected_value > 0
)
select
    customer_id,
    snapshot_date,
    recency,
    frequency,
    monetary,
    case
        when recency is null and orders_lifetime > 0 then 'lost'
        when recency is null then 'no_purchase'
        when recency >= 4 and worth >= 4 then 'champions'
        when recency >= 3 and worth >= 3.5 then 'loyal_customers'
        when recency >= 4 and worth >= 2 then 'potential_loyalists'
        when recency = 5 then 'new_customers'
        when recency = 4 then 'promising'
        when recency = 3 and worth >= 2 then 'need_attention'
        when recency = 3 then 'about_to_sleep'
        when worth >= 4 then 'cannot_lose_them'
        when worth >= 2.5 then 'at_risk'
        when recency = 2 then 'hibernating'
        else 'lost'
    end,
    case
        when value_rank >= 0.8 then 'high'
        when value_rank >= 0.4 then 'medium'
        when value_rank is not null then 'low'
    end,
    case
        when days_since_last_activity is null then null
        when active_days_30d = 0 then 'silent'
        when checkouts_90d > 0 and active_days_trend >= 0.8 then 'regular'
        when checkouts_90d > 0 then 'fading'
        else 'browsing'
    end,
    case
        when coalesce(orders_lifetime, 0) = 0 then null
        when orders_lifetime <= 2 and discounted_share_lifetime = 1 then 'passer_by'
        when discounted_share_lifetime >= 0.6 then 'opportunist'
        when orders_lifetime >= 3 then 'core_loyal'
        else 'undecided'
    end,
    risk_tier
from today
left join scored using (customer_id)
left join valued using (customer_id)
left join customer_risk_daily using (customer_id, snapshot_date);
