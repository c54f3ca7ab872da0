insert into new_feedback
select
    'helpdesk',
    message_id,
    requester_id,
    local_time_ms(sent) as created_at,
    null,
    body
from
    read_json(
        getvariable('files'),
        format = 'newline_delimited',
        columns = {
            message_id: 'varchar', requester_id: 'varchar', sent: 'varchar', body: 'varchar'
        }
    )
where message_id is not null and requester_id is not null and created_at is not null;
