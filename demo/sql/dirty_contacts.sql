-- Households: couples with one family name who share a phone, or a phone and a mailbox.
create or replace temp table households as
select
    one.person_id as lead_id,
    other.person_id,
    one.family,
    one.phone_digits,
    one.mail_name,
    one.mail_domain,
    uniform(one.person_id, 'dirt household', 0) < 0.05 * getvariable('dirt') as has_one_mailbox,
from contacts as one
inner join contacts as other on one.person_id + 1 = other.person_id
where
    one.person_id % 2 = 1
    and one.country = other.country
    and one.language = other.language
    and one.given.latin <> other.given.latin
    and uniform(one.person_id, 'dirt household', 0) < 0.15 * getvariable('dirt');

update contacts
set
    family = households.family,
    phone_digits = households.phone_digits,
    mail_name = case
        when has_one_mailbox then households.mail_name
        else lower(strip_accents(contacts.given.latin) || '.'
            || strip_accents(households.family.latin)) || scatter(contacts.person_id, 7919, 10000019)
    end,
    mail_domain = case
        when has_one_mailbox then households.mail_domain else contacts.mail_domain
    end
from households
where contacts.person_id = households.person_id;
