{#-
    A contract ends on its end_date, or on the day of the first churn event of its account since the
    contract began. The two systems contradict each other: in hardly any account do all contracts
    end by end_date. The event is the stronger evidence, because it has a refund and a reason.
    Reasons are recorded by account, and an account has ten contracts on average, so end_reason is
    left out.

    Both exports are delivered whole, so a new churn event comes with a new version of this table.
-#}
{#- A contract billed by the year is assumed to run for a year: the export has no other term. -#}
{%- set term_months = "case billing_frequency when 'monthly' then 1 when 'annual' then 12 end" -%}
with

source as (
    select
        *,
        {{ read_timestamp('start_date', order='day_first') }} as started_at,
        {{ read_timestamp('end_date', order='day_first') }} as parsed_end_date,
        {{ read_amount('mrr_amount') }} as monthly_amount,
        {{ term_months }} as term_months,
        try_cast(auto_renew_flag as boolean) as auto_renew
    from {{ source('ravenstack', 'subscriptions') }}
),

churn_events as (
    select
        account_id,
        {{ read_timestamp('churn_date', order='day_first') }} as churned_at
    from {{ source('ravenstack', 'churn_events') }}
),

-- The first churn event of the account since the contract began.
ended_by_churn as (
    select
        source._load_id,
        source._row,
        min(churn_events.churned_at) as churned_at
    from source
    inner join churn_events
        on
            source.account_id = churn_events.account_id
            and source.started_at <= churn_events.churned_at
    group by source._load_id, source._row
),

renamed as (
    select
        source._load_id,
        source._row,
        {{ first_failed([('start_date', 'started_at', 'start_date')]) }} as _reject_reason,
        {{ lost_fields([
            ('end_date', 'parsed_end_date', 'ended_at'),
            ('mrr_amount', 'monthly_amount', 'monthly_amount'),
            ('billing_frequency', 'term_months', 'term_months'),
            ('auto_renew_flag', 'auto_renew', 'auto_renew'),
        ]) }} as _lost_fields,
        'ravenstack' as source,
        source.subscription_id as source_subscription_id,
        source.account_id as source_customer_id,
        source.started_at,
        least(source.parsed_end_date, ended_by_churn.churned_at) as ended_at,
        source.plan_tier as plan,
        source.monthly_amount,
        source.term_months,
        source.auto_renew
    from source
    left join ended_by_churn using (_load_id, _row)
),

final as (
    select * from renamed
)

select * from final
