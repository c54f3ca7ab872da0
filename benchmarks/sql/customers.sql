-- The customer dimension as of the day.
create temp table attributes as
select
    customer_no,
    snapshot_date,
    arg_max(birth_year, recency) filter (where birth_year is not null) as birth_year,
    arg_max(country, recency) filter (where country is not null) as country,
    arg_min(acquisition_channel, recency) filter (where acquisition_channel is not null)
        as acquisition_channel,
    arg_max(plan, recency) filter (where plan is not null) as plan,
    arg_max(marketing_consent, recency) filter (where marketing_consent is not null)
        as marketing_consent,
    count(email) > 0 as has_email,
    count(phone) > 0 as has_phone
from (
    select
        customers.*,
        customer_no,
        snapshot_date,
        (
            coalesce(
                case when cast(updated_at as date) <= snapshot_date then updated_at end,
                created_at
            ),
            load_no
        ) as recency
    from customers
    inner join identities using (source, source_customer_id)
    cross join dates
)
group by customer_no, snapshot_date;

create or replace table dim_customers as
with known as (
    select
        customer_no,
        customer_id,
        min(first_seen_at) as first_seen_at,
        count(*) as record_count,
        count(distinct source) as source_count
    from identities
    where cast(first_seen_at as date) <= getvariable('day')
    group by customer_no, customer_id
),
purchases as (
    select
        customer_no,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        count(*) as order_count,
        sum(net_amount) as net_revenue
    from orders
    inner join identities on source = 'shop' and source_customer_id = account_no
    where cast(ordered_at as date) <= getvariable('day') and getvariable('day') < voided_on
    group by customer_no
)
select
    known.*,
    first_order_at,
    last_order_at,
    country,
    acquisition_channel,
    plan,
    marketing_consent,
    coalesce(has_email, false) as has_email,
    coalesce(has_phone, false) as has_phone,
    coalesce(order_count, 0) as order_count,
    coalesce(net_revenue, 0) as net_revenue,
    case
        when order_count >= 5 then 'loyal'
        when order_count >= 2 then 'repeat'
        when order_count = 1 then 'first_purchase'
        when lower(plan) = 'trial' then 'trial'
        else 'prospect'
    end as lifecycle_stage
from known
left join attributes using (customer_no)
left join purchases using (customer_no)
where snapshot_date is null or snapshot_date = getvariable('day');
