-- Day on which the outcome of the first forecast is known.
select min(snapshot_date) + $horizon as due
from activation.churn_outlook_daily
having count(*) > 0
