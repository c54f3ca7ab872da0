{#-
    Learned effect of an action on the retention of a customer, for the as-of date and the actions
    whose learner is in use; it replaces the estimate by save shares.
-#}
select
    customer_id,
    snapshot_date,
    action_id,
    uplift
from {{ source('ml', 'uplift_scores') }}
