-- Eligible customers of the training dates, and whether they bought again within the horizon:
-- those of one of `parts` parts of the customers.
select
    snapshots.* exclude (customer_no, customer_id),
    not exists (
        from order_days
        inner join accounts using (account_no)
        where
            accounts.customer_no = snapshots.customer_no
            and activity_date > snapshot_date
            and activity_date <= snapshot_date + 90
            and snapshot_date + 90 < voided_on
    ) as churned
from snapshots
where
    snapshot_date + 90 <= getvariable('day')
    and hash(customer_no) % getvariable('parts') = 0
order by snapshot_date, customer_id
