-- Contact data that all records of a person share; each record spells them differently.
create or replace table contacts as
select
    person_id,
    given,
    family,
    language,
    country,
    lower(strip_accents(given.latin) || '.' || strip_accents(family.latin))
    || scatter(person_id, 7919, 10000019) as mail_name,
    case language
        when 'zh' then pick(['qq.com', '163.com', 'gmail.com'], uniform(person_id, 'mail', 0))
        else pick(
            ['gmail.com', 'gmail.com', 'gmx.de', 'web.de', 'outlook.com'],
            uniform(person_id, 'mail', 0)
        )
    end as mail_domain,
    -- A few couples share one phone and are two customers nevertheless.
    case
        when person_id % 1000 = 2 then person_id - 1
        else person_id
    end as phone_owner,
    case country
        when 'AT' then '43' when 'CH' then '41' when 'NL' then '31' else '49'
    end as dialling_code,
    case country
        when 'AT' then '664' || lpad(scatter(phone_owner, 1299709, 9999991)::varchar, 7, '0')
        when 'CH' then '79' || lpad(scatter(phone_owner, 1299709, 9999991)::varchar, 7, '0')
        when 'NL' then '6' || lpad(scatter(phone_owner, 48271, 99999989)::varchar, 8, '0')
        else '151' || lpad(scatter(phone_owner, 48271, 99999989)::varchar, 8, '0')
    end as phone_digits,
from people;
