insert into new_tickets
select
    ticket_id,
    requester_id,
    local_time_ms(opened) as opened_at,
    local_time_ms(first_response),
    local_time_ms(resolved),
    channel,
    topic,
    priority,
    status,
    try_cast(json_extract_string(satisfaction, '$.score') as double) as score,
    try_cast(reopened_count as integer)
from
    read_json(
        getvariable('files'),
        format = 'newline_delimited',
        columns = {
            ticket_id: 'varchar',
            requester_id: 'varchar',
            opened: 'varchar',
            first_response: 'varchar',
            resolved: 'varchar',
            channel: 'varchar',
            topic: 'varchar',
            priority: 'varchar',
            status: 'varchar',
            satisfaction: 'json',
            reopened_count: 'varchar'
        }
    )
where
    ticket_id is not null
    and requester_id is not null
    and opened_at is not null
    and coalesce(score between 1 and 5, true);
