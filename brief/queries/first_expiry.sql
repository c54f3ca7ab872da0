-- First day on which an action of the day ends.
select min(expires_on) as expires_on
from activation.customer_actions_daily
where snapshot_date = $day and arm = 'treatment'
having count(*) > 0
