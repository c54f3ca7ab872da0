insert into new_touches
select
    contact_id,
    customer_no,
    action,
    try_strptime(sent_at, '%d.%m.%Y %H:%M') as sent,
    channel,
    arm,
    try_cast(cost as decimal(18, 4)),
    try_strptime(redeemed_at, '%d.%m.%Y %H:%M')
from read_csv(getvariable('files'), delim = ';', header = true, all_varchar = true)
where contact_id is not null and customer_no is not null and sent is not null;
