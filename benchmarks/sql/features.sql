-- Features of every eligible customer at each date in `dates`: one equi-join of the daily aggregates
-- with a calendar of (date, day, age), then filtered sums.
create temp table accounts as
select source_customer_id as account_no, customer_no, customer_id
from identities
where source = 'shop';
create temp table calendar as
select
    *,
    age_days < 30 as in_30d,
    age_days < 90 as in_90d,
    age_days < 365 as in_365d,
    age_days between 90 and 179 as in_prior_90d
from (
    select
        snapshot_date,
        snapshot_date - cast(days as integer) as activity_date,
        days as age_days
    from dates
    cross join range((select max(snapshot_date) - min(activity_date) + 1 from dates, order_days))
        as ages (days)
);
create temp macro counted(counters, place) as
    cast(coalesce((counters >> (place * 18)) & 262143, 0) as integer);

create temp table purchases as
select
    customer_no,
    customer_id,
    snapshot_date,
    min(age_days) as days_since_last_order,
    max(age_days) as days_since_first_order,
    count(*) as purchase_days,
    sum(orders) as orders_lifetime,
    sum(orders) filter (where in_30d) as orders_30d,
    sum(orders) filter (where in_90d) as orders_90d,
    sum(orders) filter (where in_365d) as orders_365d,
    sum(orders) filter (where in_prior_90d) as orders_prior_90d,
    sum(discounted_orders) filter (where in_365d) as discounted_orders_365d,
    sum(units) filter (where in_365d) as units_365d,
    cast(sum(net_amount) as double) as net_revenue_lifetime,
    cast(sum(net_amount) filter (where in_30d) as double) as net_revenue_30d,
    cast(sum(net_amount) filter (where in_90d) as double) as net_revenue_90d,
    cast(sum(net_amount) filter (where in_365d) as double) as net_revenue_365d,
    cast(sum(discount_amount) filter (where in_365d) as double) as discount_365d,
    cast(sum(gross_amount) filter (where in_365d) as double) as gross_365d,
    max(gap_days) as longest_gap_days,
    stddev_samp(gap_days) as gap_days_stddev
from order_days
inner join accounts using (account_no)
inner join calendar using (activity_date)
where snapshot_date < voided_on
group by customer_no, customer_id, snapshot_date
having min(age_days) < 180;

create temp table behaviour as
select
    customer_no,
    snapshot_date,
    min(age_days) as days_since_last_activity,
    sum(in_30d::integer) as active_days_30d,
    sum(in_90d::integer) as active_days_90d,
    sum(counters) filter (where in_30d) as counters_30d,
    sum(counters) filter (where in_90d) as counters_90d,
    sum(counters) filter (where in_prior_90d) as counters_prior_90d
from event_days
inner join accounts using (account_no)
inner join calendar using (activity_date)
where in_365d
group by customer_no, snapshot_date;

create temp table service as
select
    customer_no,
    snapshot_date,
    count(*) as tickets_365d,
    count(*) filter (where age_days < 90) as tickets_90d,
    min(age_days) as days_since_last_ticket,
    avg(response_minutes) / 60 as first_response_hours_365d,
    avg(csat) as csat_365d
from (
    select
        *,
        snapshot_date - cast(opened_at as date) as age_days,
        case
            when cast(first_response_at as date) <= snapshot_date
                then date_diff('minute', opened_at, first_response_at)
        end as response_minutes,
        case when cast(resolved_at as date) <= snapshot_date then csat_score end as csat
    from tickets
    inner join identities on source = 'helpdesk' and source_customer_id = requester_id
    cross join dates
    where snapshot_date - cast(opened_at as date) between 0 and 364
)
group by customer_no, snapshot_date;

create temp table snapshots as
select
    purchases.* exclude (discounted_orders_365d, units_365d, discount_365d, gross_365d),
    (days_since_first_order - days_since_last_order) / nullif(purchase_days - 1, 0)
        as mean_gap_days,
    days_since_last_order / nullif(mean_gap_days, 0) as overdue_ratio,
    net_revenue_365d / orders_365d as average_order_value_365d,
    discount_365d / nullif(gross_365d, 0) as discount_share_365d,
    discounted_orders_365d / orders_365d as discounted_share_365d,
    units_365d / orders_365d as units_per_order_365d,
    (coalesce(orders_90d, 0) + 0.5) / (coalesce(orders_prior_90d, 0) + 0.5) as orders_trend_90d,
    days_since_last_activity,
    active_days_30d,
    active_days_90d,
    counted(counters_30d, 0) as sessions_30d,
    counted(counters_90d, 0) as sessions_90d,
    (sessions_90d + 1) / (counted(counters_prior_90d, 0) + 1) as sessions_trend_90d,
    counted(counters_90d, 1) as product_views_90d,
    counted(counters_90d, 2) as cart_adds_90d,
    counted(counters_90d, 3) as checkouts_90d,
    counted(counters_90d, 4) as email_opens_90d,
    counted(counters_90d, 5) as failures_90d,
    service.* exclude (customer_no, snapshot_date),
    year(snapshot_date) - birth_year as age_years,
    cast(marketing_consent as integer) as marketing_consent
from purchases
left join behaviour using (customer_no, snapshot_date)
left join service using (customer_no, snapshot_date)
left join attributes using (customer_no, snapshot_date);

create table if not exists features as from snapshots limit 0;
delete from features where snapshot_date = getvariable('day');
insert into features from snapshots where snapshot_date = getvariable('day');
