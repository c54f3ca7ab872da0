{#-
    A customer's subscriptions as they stood at the end of each date of the run. An end that still
    lies ahead is not looked at: a source that writes it back would tell the future.
-#}
with

dates as (
    select distinct snapshot_date from {{ source('ops', 'run_dates') }}
),

identities as (
    select * from {{ ref('int_identity_history') }}
),

subscriptions as (
    select
        identities.customer_no,
        dates.snapshot_date,
        subscriptions.plan,
        subscriptions.monthly_amount,
        subscriptions.auto_renew,
        subscriptions.started_at,
        subscriptions._row,
        dates.snapshot_date - cast(subscriptions.started_at as date) as tenure_days,
        coalesce(cast(subscriptions.ended_at as date), date '9999-12-31')
            > dates.snapshot_date as is_active,
        dates.snapshot_date - cast(subscriptions.ended_at as date) as days_since_end
    from {{ ref('int_subscriptions_versions') }} as subscriptions
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
    where
        subscriptions._reject_reason is null
        and subscriptions.known_from <= dates.snapshot_date
        and dates.snapshot_date < subscriptions.known_to
        and cast(subscriptions.started_at as date) <= dates.snapshot_date
),

aggregated as (
    select
        customer_no,
        snapshot_date,
        count(*) as subscriptions_lifetime,
        count_if(is_active) as active_subscriptions,
        count_if(not is_active) as ended_subscriptions,
        count_if(not is_active and days_since_end < 90) as ended_subscriptions_90d,
        count_if(tenure_days < 90) as started_subscriptions_90d,
        max(tenure_days) as contract_tenure_days,
        min(tenure_days) filter (where is_active) as newest_contract_days,
        sum(monthly_amount) filter (where is_active) as monthly_amount,
        avg(cast(auto_renew as integer)) filter (where is_active) as auto_renew_share,
        arg_max(plan, (started_at, _row)) filter (where is_active) as contract_plan
    from subscriptions
    group by all
),

final as (
    select
        customer_no,
        snapshot_date,
        {{ typed_features('feat_contracts') }}
    from aggregated
)

select * from final
