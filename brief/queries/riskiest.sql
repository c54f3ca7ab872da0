-- Customers who can still be reached, in descending value at risk; shown where no action was decided.
-- key: customer_id
select
    risks.customer_id,
    (
        select array_to_string(
            list(source || chr(160) || source_customer_id order by source, source_customer_id)[1:3],
            ', '
        )
        from marts.customer_identities as records
        -- A number that is an address is no number of a system.
        where records.customer_id = risks.customer_id and not contains(source_customer_id, '@')
    ) as records,
    risks.churn_probability,
    risks.value_at_risk,
    risks.reason_1 as reason
from activation.customer_risk_daily as risks
inner join activation.customer_segments_daily as segments using (customer_id, snapshot_date)
where risks.snapshot_date = $day and segments.is_reachable
order by risks.value_at_risk desc nulls last, risks.customer_id
limit 15
