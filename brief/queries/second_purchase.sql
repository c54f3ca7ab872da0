-- From the first purchase to the second.
select
    first_buyers,
    never_share,
    never_share_low,
    never_share_high,
    median_days_to_second,
    never_after_days
from marts.repeat_purchase
where dimension = 'all' and never_share is not null
