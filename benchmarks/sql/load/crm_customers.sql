insert into new_customers
select
    'crm',
    customer_no,
    email,
    phone,
    try_strptime(created, '%d.%m.%Y') as created_at,
    try_strptime(updated, '%d.%m.%Y'),
    try_cast(birth_year as integer),
    country,
    channel,
    plan,
    case marketing_consent when 'ja' then true when 'nein' then false end,
    'shop:' || shop_account,
    getvariable('load_no')
from read_csv(getvariable('files'), delim = ';', header = true, all_varchar = true)
where customer_no is not null and created_at is not null;
