-- Early warnings of the day, by signal: customers with the signal, and those on the day's list.
-- key: signal
select
    warnings.signal,
    any_value(coalesce(labels.label, warnings.signal)) as label,
    count(distinct warnings.customer_id) as customers,
    count(distinct warnings.customer_id) filter (warnings.is_shown) as shown,
    -- Unknown without a run on the day before.
    case when count(warnings.is_new) > 0
        then count(distinct warnings.customer_id) filter (warnings.is_new)
    end as new
from activation.customer_warnings_daily as warnings
left join activation.catalogue_labels as labels
    on
        labels.kind = 'signal'
        and warnings.signal = labels.name
        and labels.language = $language
where warnings.snapshot_date = $day
group by warnings.signal
having count(*) filter (warnings.is_shown) > 0
order by shown desc, customers desc, warnings.signal
