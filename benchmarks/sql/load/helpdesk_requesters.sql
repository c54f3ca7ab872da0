insert into new_customers by name
select
    'helpdesk' as source,
    id as source_customer_id,
    email,
    phone,
    local_time_ms(delivered.created_at) as created_at,
    getvariable('load_no') as load_no
from
    read_json(
        getvariable('files'),
        format = 'newline_delimited',
        columns = {id: 'varchar', email: 'varchar', phone: 'varchar', created_at: 'varchar'}
    ) as delivered
where id is not null and try_cast(delivered.created_at as bigint) is not null;
