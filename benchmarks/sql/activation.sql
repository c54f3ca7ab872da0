-- Risk and segments of the day. `scores` has customer_id and churn_probability.
create table if not exists customer_risk_daily (
    customer_id varchar,
    snapshot_date date,
    churn_probability double,
    risk_tier varchar,
    risk_percentile double,
    expected_value decimal(18, 2),
    value_at_risk decimal(18, 2)
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
    net_revenue_365d,
    churn_probability * net_revenue_365d
from features
inner join scores using (customer_id)
where snapshot_date = getvariable('day');

create table if not exists customer_segments_daily (
    customer_id varchar,
    snapshot_date date,
    recency_score integer,
    frequency_score integer,
    monetary_score integer,
    rfm_segment varchar,
    risk_tier varchar
);
delete from customer_segments_daily where snapshot_date = getvariable('day');
insert into customer_segments_daily
with scored as (
    select
        customer_id,
        snapshot_date,
        6 - ntile(5) over (order by days_since_last_order, customer_id) as recency,
        ntile(5) over (order by orders_365d, customer_id) as frequency,
        ntile(5) over (order by net_revenue_365d, customer_id) as monetary
    from features
    where snapshot_date = getvariable('day')
)
select
    scored.*,
    case
        when recency >= 4 and frequency + monetary >= 8 then 'champions'
        when recency >= 3 and frequency + monetary >= 6 then 'loyal'
        when recency >= 3 then 'promising'
        when frequency + monetary >= 6 then 'at_risk'
        else 'hibernating'
    end,
    risk_tier
from scored
inner join customer_risk_daily using (customer_id, snapshot_date);
