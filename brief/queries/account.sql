-- Results of all actions together, over all measured quarters and in the latest one.
-- key: scope
with

accounts as (
    select * from feedback.retention_account
    where
        action_id = 'all'
        and (
            period_start is null
            or (
                treated >= 30
                -- On a page of a past day, only quarters whose outcomes were known on it.
                and (
                    period_end + $horizon <= $day
                    or $day >= (select as_of_date from ops.publication)
                )
            )
        )
)

select
    case when period_start is null then 'all' else 'latest' end as scope,
    period_start,
    period_end,
    treated,
    control,
    customers_kept,
    customers_kept_low,
    customers_kept_high,
    money_brought,
    money_spent,
    money_not_wasted,
    net_value,
    net_value_low,
    net_value_high,
    case
        -- The range begins close to nothing: a tenth of the estimate.
        when customers_kept_low > 0 and customers_kept_low < 0.1 * customers_kept then 'barely_kept'
        when customers_kept_low > 0 then 'kept'
        when customers_kept_high < 0 then 'lost'
        else 'unknown'
    end as verdict,
    case
        when net_value_low > 0 then 'gain'
        when net_value_high < 0 then 'loss'
        else 'unknown'
    end as money_verdict
from accounts
where
    period_start is null
    or period_start = (select max(measured.period_start) from accounts as measured)
order by scope
