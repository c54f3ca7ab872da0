-- Main causes of the value at risk, in descending value.
-- key: cause
select
    causes.cause,
    coalesce(labels.label, causes.dimension) as label,
    causes.customers,
    causes.value_at_risk,
    causes.share_of_value_at_risk as share
from activation.churn_causes_daily as causes
left join activation.catalogue_labels as labels
    on
        labels.kind = 'cause'
        and causes.cause = labels.name
        and labels.language = $language
where causes.snapshot_date = $day and causes.segmentation = 'all'
order by causes.cause = 'unknown', causes.value_at_risk desc
