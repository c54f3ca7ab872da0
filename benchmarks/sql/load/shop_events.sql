create temp view delivered_events as
select
    event_id,
    account_no,
    files.occurred_at + utc_offset as occurred_at,
    event_type,
    product_id,
    value,
    getvariable('load_no') as load_no
from read_parquet(getvariable('files')) as files
inner join utc_offsets on date_trunc('hour', files.occurred_at) = utc_hour
where account_no is not null and event_type is not null;
create temp table repeated_events as
select event_id
from read_parquet(getvariable('files'))
where event_id is not null
group by event_id
having count(*) > 1;
-- A repeated event has the same timestamp, so only the known events since the earliest new one count.
create temp table known_events as
select event_id
from events
where occurred_at >= (select min(occurred_at) from delivered_events);
insert into events
select * from delivered_events
anti join repeated_events using (event_id)
anti join known_events using (event_id);
insert into events
select distinct on (event_id) * from delivered_events
semi join repeated_events using (event_id)
anti join known_events using (event_id);
