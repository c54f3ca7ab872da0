-- Answers of the preference page for single channels, and entries of the suppression list. The CRM
-- keeps both, and each has one row that never changes.
create or replace table preferences as
with drawn as (
    select
        customer_no,
        person_id,
        record_no,
        greatest(0, created_day) + floor(
            (getvariable('days') - greatest(0, created_day))
            * uniform(person_id, 'preference day', record_no)
        )::integer as day_no,
        pick(['email', 'phone', 'post'], uniform(person_id, 'preference channel', record_no))
            as channel,
        case when gave_consent then 'nein' else 'ja' end as answer,
    from crm_records
    where uniform(person_id, 'has preference', record_no) < 0.04
)

select
    'P' || (1000000 + scatter(person_id * 4 + record_no, 4517933, 89999999)) as preference_no,
    *,
from drawn;

-- One of 250 records must not be contacted, and one of 1,000 not profiled. Every third entry has the
-- customer's number, and the others an address or a telephone number as typed.
create or replace table suppressions as
with drawn as (
    select
        *,
        uniform(person_id, 'suppressed', record_no) as share,
        uniform(person_id, 'suppressed by', record_no) as by_share,
    from crm_records
)

select
    'S' || (1000000 + scatter(person_id * 4 + record_no, 3935431, 89999999)) as entry_no,
    case when by_share < 0.33 or coalesce(email, phone) is null then customer_no end as customer_no,
    case when by_share >= 0.33 and (by_share < 0.8 or phone is null) then email end as email,
    case when by_share >= 0.8 or (by_share >= 0.33 and email is null) then phone end as phone,
    case when share < 0.001 then 'profiling' else 'contact' end as scope,
    greatest(0, created_day) + floor(
        (getvariable('days') - greatest(0, created_day))
        * uniform(person_id, 'suppressed on', record_no)
    )::integer as day_no,
from drawn
-- The test address and the shop's own number belong to many people.
where share < 0.005 and person_id % getvariable('shared_key_stride') not in (3, 5);
