-- Eligible customers of the training dates, and whether they bought again within the horizon.
with matured as (
    select
        snapshot_date,
        snapshot_date + 90 as matured_on
    from dates
    where snapshot_date + 90 <= getvariable('day')
),
stayed as (
    select distinct
        customer_no,
        snapshot_date
    from order_days
    inner join accounts using (account_no)
    inner join matured
        on activity_date > snapshot_date and activity_date <= matured_on and matured_on < voided_on
    where is_purchase
)
select
    snapshots.* exclude (customer_no, is_eligible),
    stayed.customer_no is null as churned
from snapshots
semi join matured using (snapshot_date)
left join stayed using (customer_no, snapshot_date)
where is_eligible
