-- Source records of each person in three systems without common ids.
-- National, international and 00 forms. Only German numbers have the national form, because
-- default_country would make another number of any other.
create or replace macro spelled_phone(dialling_code, digits, share) as case
    when dialling_code = '49' and share < 0.35 then '0' || digits[:3] || ' ' || digits[4:]
    when dialling_code = '49' and share < 0.5 then '0' || digits[:3] || '/' || digits[4:6] || '-'
        || digits[7:]
    when share < 0.8 then '+' || dialling_code || ' ' || digits[:3] || ' ' || digits[4:]
    else '00' || dialling_code || digits
end;

-- Variants of an address: capitals, and the dots and +tags of Gmail.
create or replace macro spelled_email(name, domain, share) as case
    when share < 0.55 then name || '@' || domain
    when share < 0.70 then upper(name[:1]) || name[2:] || '@' || domain
    when share < 0.75 then upper(name || '@' || domain)
    when domain = 'gmail.com' and share < 0.85 then replace(name, '.', '') || '@' || domain
    when domain = 'gmail.com' then name || pick(['+shop', '+news', '+home'], share * 100 % 1)
        || '@' || domain
    else name || '@' || domain
end;

create or replace macro spelled_name(given, family, share) as case
    when share < 0.60 then given.name || ' ' || family.name
    when share < 0.75 then given.latin || ' ' || family.latin
    when share < 0.85 then upper(family.latin) || ', ' || given.latin
    when share < 0.93 then given.latin[:1] || '. ' || family.latin
    else given.latin || ' ' || family.latin[:1] || family.latin[3:]
end;

create or replace table shop_accounts as
with drawn as (
    select
        contacts.*,
        unnest(range(
            1 + (uniform(person_id, 'second account', 0) < 0.03 and standing = 'buyer')::integer
        ))::integer as record_no,
        people.joined_t,
        people.observed_t,
        people.gave_consent,
        unsubscriptions.day_no as unsubscribed_day,
    from contacts
    inner join people using (person_id)
    left join unsubscriptions using (person_id)
    where people.standing <> 'lead'
)

select
    person_id,
    record_no,
    10000000 + scatter(person_id * 2 + record_no, 7368787, 89999999) as account_no,
    -- The second account is newer, with another address and the same phone.
    case record_no
        when 0 then floor(joined_t)
        else floor(observed_t + (getvariable('days') - observed_t)
            * (0.2 + 0.7 * uniform(person_id, 'second opened', 0)))
    end::integer as created_day,
    spelled_email(
        mail_name || case record_no when 1 then 'b' else '' end,
        mail_domain,
        uniform(person_id, 'account email', record_no)
    ) as email,
    case
        when record_no = 1 or uniform(person_id, 'account phone', 0) < 0.58
            then spelled_phone(
                dialling_code, phone_digits, uniform(person_id, 'account phone spelling', record_no)
            )
    end as phone,
    spelled_name(given, family, uniform(person_id, 'account name', record_no) * 0.8) as full_name,
    gave_consent as newsletter,
    unsubscribed_day,
from drawn;

-- The account that a person uses on a day.
create or replace table account_periods as
select
    person_id,
    'A' || account_no as account_no,
    case record_no when 0 then -9999 else created_day end as from_day,
    coalesce(
        lead(created_day) over (partition by person_id order by record_no), 99999
    ) as to_day,
from shop_accounts;

create or replace table crm_records as
with drawn as (
    select
        contacts.*,
        unnest(range(case
            when standing <> 'lead' and uniform(person_id, 'in crm', 0) < 0.06 then 0
            when uniform(person_id, 'duplicates', 0) < 0.012 then 3
            when uniform(person_id, 'duplicates', 0) < 0.09 then 2
            else 1
        end))::integer as record_no,
        people.joined_t,
        people.observed_t,
        people.birth_year,
        people.city,
        people.acquisition_channel,
        people.gave_consent,
        unsubscriptions.day_no as unsubscribed_day,
        shop_accounts.account_no,
        -- At least two dozen records each at any scale, so that the key counts as over-shared.
        person_id % getvariable('shared_key_stride') = 3 as has_shared_email,
        person_id % getvariable('shared_key_stride') = 5 as has_shared_phone,
    from contacts
    inner join people using (person_id)
    left join unsubscriptions using (person_id)
    left join shop_accounts on contacts.person_id = shop_accounts.person_id and record_no = 0
),

keyed as (
    select
        *,
        uniform(person_id, 'crm email known', record_no) < 0.96 as has_email,
        uniform(person_id, 'crm phone known', record_no) < 0.74 as has_phone,
        case
            when record_no = 0 then floor(joined_t + 2 * uniform(person_id, 'crm created', 0))
            else floor(observed_t + (getvariable('days') - observed_t)
                * uniform(person_id, 'crm created', record_no))
        end::integer as created_day,
    from drawn
)

select
    person_id,
    record_no,
    'C' || (1000000 + scatter(person_id * 4 + record_no, 5915587, 89999999)) as customer_no,
    created_day,
    case
        when has_shared_email and record_no = 0
            then pick(['test@test.com', 'Test@Test.com'], uniform(person_id, 'test', 0))
        when has_email
            then spelled_email(
                mail_name, mail_domain, uniform(person_id, 'crm email', record_no)
            )
    end as email,
    case
        -- The shop's own number, typed by staff into a required field.
        when has_shared_phone and record_no = 0
            then case country when 'DE' then '030 5550100' else '+49 30 5550100' end
        when has_phone or not has_email or has_shared_email
            then spelled_phone(
                dialling_code, phone_digits, uniform(person_id, 'crm phone', record_no)
            )
    end as phone,
    spelled_name(given, family, uniform(person_id, 'crm name', record_no)) as full_name,
    case when uniform(person_id, 'birth known', record_no) < 0.6 then birth_year end as birth_year,
    country,
    city,
    acquisition_channel,
    case
        when account_no is not null
        and (has_shared_email or uniform(person_id, 'account known', record_no) < 0.45)
            then 'A' || account_no
    end as shop_account,
    pick(['basic', 'basic', 'basic', 'plus', 'premium'], uniform(person_id, 'plan', 0)) as plan,
    pick(['basic', 'plus', 'premium'], uniform(person_id, 'next plan', 0)) as next_plan,
    -- A third of the records change their plan once, on a day of the period.
    case
        when uniform(person_id, 'changes plan', record_no) < 0.33
            then floor(getvariable('days') * uniform(person_id, 'plan changed', record_no))
    end::integer as plan_day,
    gave_consent,
    -- The CRM receives an unsubscription a day later.
    unsubscribed_day + 1 as consent_day,
from keyed
where created_day < getvariable('days');

-- Requesters of the help desk, created with their first ticket; some have a phone only.
create or replace table helpdesk_requesters as
with first_tickets as (
    select person_id, min(opened_us) as local_us, arg_min(utc_offset_us, opened_us) as utc_offset_us,
        min(day_no) as day_no,
    from tickets
    group by person_id
),

drawn as (
    select
        contacts.*,
        first_tickets.day_no as created_day,
        first_tickets.local_us,
        first_tickets.utc_offset_us,
        uniform(person_id, 'writes', 0) < 0.9 as has_email,
        uniform(person_id, 'calls', 0) < 0.35 as has_phone,
    from contacts
    inner join first_tickets using (person_id)
)

select
    person_id,
    40000000000 + scatter(person_id, 67867967, 9999999967) as requester_id,
    created_day,
    local_us - utc_offset_us as created_utc_us,
    case
        when has_email
            then spelled_email(mail_name, mail_domain, uniform(person_id, 'desk email', 0))
    end as email,
    case
        when has_phone or not has_email
            then spelled_phone(dialling_code, phone_digits, uniform(person_id, 'desk phone', 0))
    end as phone,
    spelled_name(given, family, uniform(person_id, 'desk name', 0)) as full_name,
from drawn;
