-- What is known of every customer at the end of each date in `dates`: one equi-join of the folds with
-- a calendar of (date, day, age), then filtered sums.
create temp table accounts as
select
    source_customer_id as account_no,
    customer_no
from identities
where source = 'shop';
create temp table requesters as
select
    source_customer_id as requester_id,
    customer_no
from identities
where source = 'helpdesk';
create temp table calendar as
select
    *,
    age_days < 7 as in_7d,
    age_days < 30 as in_30d,
    age_days < 90 as in_90d,
    age_days < 180 as in_180d,
    age_days < 365 as in_365d,
    age_days between 90 and 179 as in_prior_90d,
    age_days between 30 and 59 as in_prior_30d,
    age_days between 275 and 364 as in_same_season,
    in_30d::bigint + (in_90d::bigint << 20) + (in_prior_90d::bigint << 40) as day_counters
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
    cast(coalesce((counters >> (place * 20)) & 1048575, 0) as integer);
create temp macro seen(counters, place) as
    cast(coalesce((counters >> (place * 18)) & 262143, 0) as integer);
create temp macro category_count(counters, bucket) as (counters >> (bucket * 10)) & 1023;

create temp table purchase_sums as
select
    customer_no,
    snapshot_date,
    min(age_days) filter (where is_purchase) as days_since_last_order,
    max(age_days) filter (where is_purchase) as days_since_first_order,
    count(*) filter (where is_purchase) as purchase_days,
    sum(counters) as counters,
    sum(counters) filter (where in_7d) as counters_7d,
    sum(counters) filter (where in_30d) as counters_30d,
    sum(counters) filter (where in_90d) as counters_90d,
    sum(counters) filter (where in_180d) as counters_180d,
    sum(counters) filter (where in_365d) as counters_365d,
    sum(counters) filter (where in_prior_90d) as counters_prior_90d,
    sum(counters) filter (where in_prior_30d) as counters_prior_30d,
    sum(counters) filter (where in_same_season) as counters_same_season,
    sum(net_amount) as net_revenue_lifetime,
    coalesce(sum(net_amount) filter (where in_7d), 0) as net_revenue_7d,
    coalesce(sum(net_amount) filter (where in_30d), 0) as net_revenue_30d,
    coalesce(sum(net_amount) filter (where in_90d), 0) as net_revenue_90d,
    coalesce(sum(net_amount) filter (where in_180d), 0) as net_revenue_180d,
    coalesce(sum(net_amount) filter (where in_365d), 0) as net_revenue_365d,
    coalesce(sum(net_amount) filter (where in_prior_90d), 0) as net_revenue_prior_90d,
    sum(gaps) as gaps,
    sum(gaps) filter (where in_180d) as gaps_180d,
    max(gap_days) as longest_gap_days,
    sum(gross_amount) filter (where in_365d) as gross_365d,
    sum(gross_amount) filter (where in_90d) as gross_90d,
    sum(discount_amount) filter (where in_365d) as discount_365d,
    sum(discount_amount) filter (where in_90d) as discount_90d,
    sum(units) filter (where in_365d) as units_365d,
    sum(margin_amount) filter (where in_365d) as margin_365d,
    coalesce(sum(refunded_amount) filter (where in_365d), 0) as refunded_365d,
    bit_or(category_mask) filter (where in_365d) as category_mask_365d,
    bit_or(category_mask) filter (where in_90d) as category_mask_90d,
    sum(category_counters) filter (where in_365d) as category_counters_365d
from order_days
inner join accounts using (account_no)
inner join calendar using (activity_date)
where snapshot_date < voided_on
group by customer_no, snapshot_date;

-- A day on which a customer bought in two rows is one day. They are few, and counting distinct days
-- of everybody would cost as much as all sums.
create temp table surplus_days as
select
    customer_no,
    snapshot_date,
    count(*) - count(distinct activity_date) as surplus
from order_days
inner join accounts using (account_no)
semi join (
    select customer_no, activity_date
    from order_days
    inner join accounts using (account_no)
    where is_purchase
    group by customer_no, activity_date
    having count(*) > 1
) as repeated using (customer_no, activity_date)
inner join dates on activity_date <= snapshot_date and snapshot_date < voided_on
where is_purchase
group by customer_no, snapshot_date;

create temp view purchase_history as
select
    * exclude (gaps),
    purchase_days - coalesce(surplus, 0) as purchase_days_lifetime,
    nullif(counted(counters, 0), 0) as orders_lifetime,
    counted(counters_7d, 0) as orders_7d,
    counted(counters_30d, 0) as orders_30d,
    counted(counters_90d, 0) as orders_90d,
    counted(counters_180d, 0) as orders_180d,
    counted(counters_365d, 0) as orders_365d,
    counted(counters_prior_90d, 0) as orders_prior_90d,
    counted(counters_prior_30d, 0) as orders_prior_30d,
    case
        when snapshot_date - getvariable('first_date') >= 365 then counted(counters_same_season, 0)
    end as orders_same_season_last_year,
    counted(counters_365d, 1) as coupon_orders_365d,
    counted(counters_90d, 1) as coupon_orders_90d,
    counted(counters, 2) as discounted_orders_lifetime,
    counted(counters_365d, 3) as lines_365d,
    counted(counters_365d, 4) as refunds_365d,
    counted(counters_90d, 4) as refunds_90d,
    counted(counters_365d, 5) as cancellations_365d,
    cast(gaps & 1048575 as bigint) as gaps,
    cast((gaps >> 20) & 1073741823 as bigint) as gap_sum,
    cast(gaps >> 50 as bigint) as gap_squared_sum,
    ((gaps_180d >> 20) & 1073741823) / nullif(gaps_180d & 1048575, 0) as recent_gap_days
from purchase_sums
left join surplus_days using (customer_no, snapshot_date);

create temp view purchase_features as
select
    *,
    (days_since_first_order - days_since_last_order) / nullif(purchase_days_lifetime - 1, 0)
        as mean_gap_days,
    sqrt((gaps * gap_squared_sum - gap_sum * gap_sum) / nullif(gaps * (gaps - 1), 0))
        as gap_days_stddev,
    net_revenue_365d / nullif(orders_365d, 0) as average_order_value_365d,
    net_revenue_90d / nullif(orders_90d, 0) as average_order_value_90d,
    discount_365d / nullif(gross_365d, 0) as discount_share_365d,
    discount_90d / nullif(gross_90d, 0) as discount_share_90d,
    discount_share_90d - discount_share_365d as discount_share_change,
    coupon_orders_365d / nullif(orders_365d, 0) as coupon_share_365d,
    coupon_orders_90d / nullif(orders_90d, 0) as coupon_share_90d,
    discounted_orders_lifetime / nullif(orders_lifetime, 0) as discounted_share_lifetime,
    units_365d / nullif(orders_365d, 0) as units_per_order_365d,
    lines_365d / nullif(orders_365d, 0) as lines_per_order_365d,
    margin_365d / nullif(net_revenue_365d, 0) as margin_share_365d,
    refunds_365d / nullif(orders_365d + refunds_365d, 0) as refund_share_365d,
    refunded_365d / nullif(net_revenue_365d + refunded_365d, 0) as refunded_revenue_share_365d,
    nullif(bit_count(category_mask_365d), 0) as categories_365d,
    case when category_mask_365d > 0 then bit_count(category_mask_90d) end as categories_90d,
    greatest(
        category_count(category_counters_365d, 0),
        category_count(category_counters_365d, 1),
        category_count(category_counters_365d, 2),
        category_count(category_counters_365d, 3),
        category_count(category_counters_365d, 4),
        category_count(category_counters_365d, 5),
        category_count(category_counters_365d, 6),
        category_count(category_counters_365d, 7),
        category_count(category_counters_365d, 8),
        category_count(category_counters_365d, 9),
        category_count(category_counters_365d, 10),
        category_count(category_counters_365d, 11)
    ) / nullif(
        category_count(category_counters_365d, 0) +
        category_count(category_counters_365d, 1) +
        category_count(category_counters_365d, 2) +
        category_count(category_counters_365d, 3) +
        category_count(category_counters_365d, 4) +
        category_count(category_counters_365d, 5) +
        category_count(category_counters_365d, 6) +
        category_count(category_counters_365d, 7) +
        category_count(category_counters_365d, 8) +
        category_count(category_counters_365d, 9) +
        category_count(category_counters_365d, 10) +
        category_count(category_counters_365d, 11),
        0
    ) as top_category_share_365d,
    days_since_last_order / nullif(mean_gap_days, 0) as overdue_ratio,
    recent_gap_days / nullif(mean_gap_days, 0) as gap_trend,
    (orders_30d + 0.5) / (orders_prior_30d + 0.5) as orders_trend_30d,
    (orders_90d + 0.5) / (orders_prior_90d + 0.5) as orders_trend_90d,
    net_revenue_90d / nullif(net_revenue_prior_90d, 0) as net_revenue_trend_90d,
    average_order_value_90d / nullif(average_order_value_365d, 0) as order_value_trend
from purchase_history;

create temp table behaviour_sums as
select
    customer_no,
    snapshot_date,
    min(age_days) as days_since_last_activity,
    min(age_days) filter (where has_session) as days_since_last_session,
    sum(day_counters) as day_counters,
    sum(counters) filter (where in_7d) as counters_7d,
    sum(counters) filter (where in_30d) as counters_30d,
    sum(counters) filter (where in_90d) as counters_90d,
    sum(counters) filter (where in_prior_90d) as counters_prior_90d,
    sum(counters) as counters_365d
from event_days
inner join accounts using (account_no)
inner join calendar using (activity_date)
where in_365d
group by customer_no, snapshot_date;

-- This company has no app: nobody uses a feature of it.
create temp view behaviour_history as
select
    customer_no,
    snapshot_date,
    days_since_last_activity,
    days_since_last_session,
    counted(day_counters, 0) as active_days_30d,
    counted(day_counters, 1) as active_days_90d,
    counted(day_counters, 2) as active_days_prior_90d,
    seen(counters_7d, 0) as sessions_7d,
    seen(counters_30d, 0) as sessions_30d,
    seen(counters_90d, 0) as sessions_90d,
    seen(counters_prior_90d, 0) as sessions_prior_90d,
    seen(counters_7d, 1) as product_views_7d,
    seen(counters_30d, 1) as product_views_30d,
    seen(counters_90d, 1) as product_views_90d,
    seen(counters_prior_90d, 1) as product_views_prior_90d,
    seen(counters_7d, 2) as cart_adds_7d,
    seen(counters_30d, 2) as cart_adds_30d,
    seen(counters_90d, 2) as cart_adds_90d,
    seen(counters_prior_90d, 2) as cart_adds_prior_90d,
    seen(counters_7d, 3) as checkouts_7d,
    seen(counters_30d, 3) as checkouts_30d,
    seen(counters_90d, 3) as checkouts_90d,
    seen(counters_prior_90d, 3) as checkouts_prior_90d,
    seen(counters_7d, 4) as email_opens_7d,
    seen(counters_30d, 4) as email_opens_30d,
    seen(counters_90d, 4) as email_opens_90d,
    seen(counters_prior_90d, 4) as email_opens_prior_90d,
    0 as feature_uses_7d,
    0 as feature_uses_30d,
    0 as feature_uses_90d,
    0 as feature_uses_prior_90d,
    seen(counters_365d, 5) as unsubscribes_365d,
    seen(counters_90d, 6) as failures_90d
from behaviour_sums;

create temp view behaviour_features as
select
    *,
    (active_days_90d + 1) / (active_days_prior_90d + 1) as active_days_trend,
    (sessions_90d + 1) / (sessions_prior_90d + 1) as sessions_trend,
    (product_views_90d + 1) / (product_views_prior_90d + 1) as product_views_trend,
    (email_opens_90d + 1) / (email_opens_prior_90d + 1) as email_opens_trend,
    (feature_uses_90d + 1) / (feature_uses_prior_90d + 1) as feature_uses_trend,
    case when cart_adds_90d > 0 then greatest(1 - checkouts_90d / cart_adds_90d, 0) end
        as cart_abandonment_90d
from behaviour_history;

create temp table ticket_features as
select
    customer_no,
    snapshot_date,
    count(*) as tickets_365d,
    count(*) filter (where age_days < 90) as tickets_90d,
    count(*) filter (where age_days < 30) as tickets_30d,
    count(*) filter (where resolved is null) as open_tickets,
    min(age_days) as days_since_last_ticket,
    avg(response_minutes) / 60 as first_response_hours_365d,
    max(response_minutes) filter (where age_days < 90) / 60 as slowest_response_hours_90d,
    avg(date_diff('minute', opened_at, resolved)) / 60 as resolution_hours_365d,
    sum(reopened_count) filter (where resolved is not null) as reopened_365d,
    avg(csat) as csat_365d,
    arg_max(csat, opened_at) filter (where csat is not null) as last_csat
from (
    select
        *,
        snapshot_date - cast(opened_at as date) as age_days,
        case
            when cast(first_response_at as date) <= snapshot_date
                then date_diff('minute', opened_at, first_response_at)
        end as response_minutes,
        case when cast(resolved_at as date) <= snapshot_date then resolved_at end as resolved,
        case when coalesce(cast(resolved_at as date) <= snapshot_date, true) then csat_score end
            as csat
    from tickets
    inner join requesters using (requester_id)
    cross join dates
    where snapshot_date - cast(opened_at as date) between 0 and 364
)
group by customer_no, snapshot_date;

create temp table rating_features as
select
    customer_no,
    snapshot_date,
    count(*) as ratings_365d,
    avg(rating) as rating_365d,
    arg_max(rating, created_at) as last_rating,
    count(*) filter (where rating <= 2) as bad_ratings_365d
from feedback
inner join identities using (source, source_customer_id)
cross join dates
where rating is not null and snapshot_date - cast(created_at as date) between 0 and 364
group by customer_no, snapshot_date;

create temp table touch_features as
select
    identities.customer_no,
    snapshot_date,
    count(*) filter (where snapshot_date - cast(sent_at as date) < 90) as touches_90d,
    min(snapshot_date - cast(sent_at as date)) as days_since_last_touch
from touches
inner join identities on source = 'crm' and source_customer_id = touches.customer_no
cross join dates
where
    coalesce(arm, 'treatment') = 'treatment'
    and snapshot_date - cast(sent_at as date) between 0 and 364
group by identities.customer_no, snapshot_date;

-- On a training date only those who can leave are learnt from; the baseline that the model is held
-- against needs the purchases of everybody on the last one.
create temp table wanted as
select
    customer_no,
    customer_id,
    snapshot_date,
    snapshot_date - cast(min(first_seen_at) as date) as tenure_days,
    count(*) as record_count,
    count(distinct source) as source_count,
    coalesce(any_value(days_since_last_order) < 180, false) as is_eligible
from identities
cross join dates
left join purchase_sums using (customer_no, snapshot_date)
where
    cast(first_seen_at as date) <= snapshot_date
    and (
        days_since_last_order < 180
        or snapshot_date in (getvariable('day'), getvariable('day') - 90)
    )
group by customer_no, customer_id, snapshot_date;

create temp table snapshots (
    customer_no bigint,
    customer_id varchar,
    snapshot_date date,
    is_eligible boolean,
    tenure_days integer,
    record_count integer,
    source_count integer,
    age_years integer,
    days_since_last_order integer,
    days_since_first_order integer,
    purchase_days_lifetime integer,
    orders_lifetime integer,
    orders_7d integer,
    orders_30d integer,
    orders_90d integer,
    orders_180d integer,
    orders_365d integer,
    orders_prior_90d integer,
    orders_prior_30d integer,
    orders_same_season_last_year integer,
    longest_gap_days integer,
    refunds_90d integer,
    refunds_365d integer,
    cancellations_365d integer,
    categories_90d integer,
    categories_365d integer,
    days_since_last_activity integer,
    days_since_last_session integer,
    active_days_30d integer,
    active_days_90d integer,
    sessions_7d integer,
    sessions_30d integer,
    sessions_90d integer,
    product_views_7d integer,
    product_views_30d integer,
    product_views_90d integer,
    cart_adds_7d integer,
    cart_adds_30d integer,
    cart_adds_90d integer,
    checkouts_7d integer,
    checkouts_30d integer,
    checkouts_90d integer,
    email_opens_7d integer,
    email_opens_30d integer,
    email_opens_90d integer,
    unsubscribes_365d integer,
    failures_90d integer,
    tickets_30d integer,
    tickets_90d integer,
    tickets_365d integer,
    open_tickets integer,
    days_since_last_ticket integer,
    reopened_365d integer,
    ratings_365d integer,
    bad_ratings_365d integer,
    touches_90d integer,
    days_since_last_touch integer,
    subscriptions_lifetime integer,
    active_subscriptions integer,
    ended_subscriptions integer,
    ended_subscriptions_90d integer,
    started_subscriptions_90d integer,
    contract_tenure_days integer,
    newest_contract_days integer,
    days_to_renewal integer,
    contract_term_months integer,
    net_revenue_lifetime float,
    net_revenue_7d float,
    net_revenue_30d float,
    net_revenue_90d float,
    net_revenue_180d float,
    net_revenue_365d float,
    net_revenue_prior_90d float,
    mean_gap_days float,
    gap_days_stddev float,
    recent_gap_days float,
    average_order_value_90d float,
    average_order_value_365d float,
    discount_share_90d float,
    discount_share_365d float,
    discount_share_change float,
    coupon_share_90d float,
    coupon_share_365d float,
    discounted_share_lifetime float,
    units_per_order_365d float,
    lines_per_order_365d float,
    margin_share_365d float,
    refund_share_365d float,
    refunded_revenue_share_365d float,
    top_category_share_365d float,
    overdue_ratio float,
    gap_trend float,
    orders_trend_30d float,
    orders_trend_90d float,
    net_revenue_trend_90d float,
    order_value_trend float,
    feature_uses_7d float,
    feature_uses_30d float,
    feature_uses_90d float,
    active_days_trend float,
    sessions_trend float,
    product_views_trend float,
    email_opens_trend float,
    feature_uses_trend float,
    cart_abandonment_90d float,
    first_response_hours_365d float,
    slowest_response_hours_90d float,
    resolution_hours_365d float,
    csat_365d float,
    last_csat float,
    rating_365d float,
    last_rating float,
    monthly_amount float,
    auto_renew_share float,
    marketing_consent boolean,
    country varchar,
    acquisition_channel varchar,
    plan varchar,
    contract_plan varchar
);
insert into snapshots by name
select
    * exclude (
        birth_year, has_email, has_phone, purchase_days, surplus, counters, counters_7d, counters_30d,
        counters_90d, counters_180d, counters_365d, counters_prior_90d, counters_prior_30d,
        counters_same_season, gaps, gaps_180d, gap_sum, gap_squared_sum, gross_365d, gross_90d,
        discount_365d, discount_90d, coupon_orders_365d, coupon_orders_90d,
        discounted_orders_lifetime, units_365d, lines_365d, margin_365d, refunded_365d,
        category_mask_365d, category_mask_90d, category_counters_365d,
        sessions_prior_90d, product_views_prior_90d, cart_adds_prior_90d, checkouts_prior_90d,
        email_opens_prior_90d, feature_uses_prior_90d, active_days_prior_90d
    ),
    year(snapshot_date) - birth_year as age_years
from wanted
left join attributes using (customer_no, snapshot_date)
left join purchase_features using (customer_no, snapshot_date)
left join behaviour_features using (customer_no, snapshot_date)
left join ticket_features using (customer_no, snapshot_date)
left join rating_features using (customer_no, snapshot_date)
left join touch_features using (customer_no, snapshot_date);

create table if not exists features as from snapshots limit 0;
delete from features where snapshot_date = getvariable('day');
insert into features from snapshots where snapshot_date = getvariable('day');
