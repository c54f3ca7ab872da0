insert into new_feedback
select
    'shop',
    review_id,
    account_no,
    local_time(try_strptime(created_at, '%Y-%m-%dT%H:%M:%SZ')) as created,
    try_cast(rating as double) as stars,
    text
from
    read_json(
        getvariable('files'),
        format = 'newline_delimited',
        columns = {
            review_id: 'varchar',
            order_no: 'varchar',
            account_no: 'varchar',
            created_at: 'varchar',
            rating: 'varchar',
            text: 'varchar'
        }
    )
where
    review_id is not null
    and account_no is not null
    and created is not null
    and coalesce(stars between 1 and 5, rating is null);
