-- Watched figures of the company on the day, alarms first.
-- key: metric, segment
select
    alarms.metric,
    alarms.segment,
    coalesce(labels.label, alarms.metric) as label,
    alarms.observed,
    alarms.expected,
    alarms.expected_low,
    alarms.expected_high,
    alarms.is_alarm,
    alarms.is_bad
from activation.company_alarms_daily as alarms
left join activation.catalogue_labels as labels
    on
        labels.kind = 'alarm'
        and alarms.metric || ' ' || alarms.segment = labels.name
        and labels.language = $language
where alarms.snapshot_date = $day
order by alarms.is_bad desc, alarms.is_alarm desc, labels.label
