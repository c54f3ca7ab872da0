insert into new_customers by name
select
    'shop' as source,
    account_no as source_customer_id,
    email,
    phone,
    local_time(try_strptime(created_at, '%Y-%m-%dT%H:%M:%SZ')) as created_at,
    try_cast(newsletter as boolean) as marketing_consent,
    getvariable('load_no') as load_no
from read_csv(getvariable('files'), delim = ',', header = true, all_varchar = true) as delivered
where
    account_no is not null
    and try_strptime(delivered.created_at, '%Y-%m-%dT%H:%M:%SZ') is not null;
