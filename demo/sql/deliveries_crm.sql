-- Exports of the CRM by drop: each row as known at the end of the drop's day, and a new version
-- after each change. The first drop has all rows up to the history's day.
-- German dates, semicolons, no decimal commas.
create or replace table delivered_crm_customers as
with moments as (
    select customer_no, unnest([created_day, plan_day, consent_day]) as day_no, created_day
    from crm_records
),

deliveries as (
    select distinct
        customer_no,
        greatest(day_no, getvariable('history_day')) as drop_day,
    from moments
    where day_no >= created_day and day_no < getvariable('days')
)

select
    deliveries.drop_day,
    records.customer_no,
    email,
    phone,
    full_name as name,
    strftime(getvariable('first_date') + created_day, '%d.%m.%Y') as created,
    strftime(
        getvariable('first_date') + greatest(
            created_day,
            case when plan_day <= drop_day then plan_day end,
            case when consent_day <= drop_day and gave_consent then consent_day end
        ),
        '%d.%m.%Y'
    ) as updated,
    birth_year,
    country,
    city,
    acquisition_channel as channel,
    case when plan_day <= drop_day then next_plan else plan end as plan,
    case
        when gave_consent and coalesce(consent_day > drop_day, true) then 'ja' else 'nein'
    end as marketing_consent,
    shop_account,
from deliveries
inner join crm_records as records using (customer_no);

create or replace table delivered_crm_touches as
with redeemed as (
    select
        touches.*,
        calendar.midnight_us
        + second_of_day_us(0.3 * uniform(touches.person_id, 'touch time', slot_no)) as local_us,
        orders.local_us as redeemed_us,
        orders.day_no as redeemed_day,
    from touches
    inner join calendar on touches.day_no = calendar.day_no
    left join orders on touches.contact_id = orders.contact_id
    where touches.customer_no is not null
),

deliveries as (
    select contact_id, greatest(day_no, getvariable('history_day')) as drop_day
    from redeemed
    union
    select contact_id, greatest(redeemed_day, getvariable('history_day'))
    from redeemed
    where redeemed_day is not null
)

select
    drop_day,
    contact_id,
    customer_no,
    action_id as action,
    strftime(make_timestamp(local_us), '%d.%m.%Y %H:%M') as sent_at,
    channel,
    arm,
    case arm when 'treatment' then cost else 0 end::decimal(18, 2) as cost,
    case
        when redeemed_day <= drop_day
            then strftime(make_timestamp(redeemed_us), '%d.%m.%Y %H:%M')
    end as redeemed_at,
from deliveries
inner join redeemed using (contact_id);

create or replace table delivered_crm_preferences as
select
    greatest(day_no, getvariable('history_day')) as drop_day,
    preference_no,
    customer_no,
    channel,
    answer,
    strftime(getvariable('first_date') + day_no, '%d.%m.%Y') as answered,
from preferences;

create or replace table delivered_crm_suppressions as
select
    greatest(day_no, getvariable('history_day')) as drop_day,
    entry_no,
    customer_no,
    email,
    phone,
    scope,
    strftime(getvariable('first_date') + day_no, '%d.%m.%Y') as since,
from suppressions;
