{#-
    Subscriptions of each customer as known at the end of each date of the run. An end that still
    lies ahead is not read: a source that writes it back would leak the future.

    A contract renews each `term_months` after its start. A customer with several is bound until the
    last of them is up for renewal; where one of them has no term, that date is unknown.
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
        coalesce(lower(subscriptions.plan) != 'trial', true) and coalesce(
            cast(subscriptions.ended_at as date) > cast(subscriptions.started_at as date), true
        ) as is_paid,
        subscriptions.monthly_amount,
        subscriptions.auto_renew,
        subscriptions.term_months,
        subscriptions.started_at,
        subscriptions._row,
        dates.snapshot_date - cast(subscriptions.started_at as date) as tenure_days,
        coalesce(cast(subscriptions.ended_at as date), date '9999-12-31')
            > dates.snapshot_date as is_active,
        dates.snapshot_date - cast(subscriptions.ended_at as date) as days_since_end,
        datesub('month', cast(subscriptions.started_at as date), dates.snapshot_date)
        // nullif(subscriptions.term_months, 0) as past_terms
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

renewals as (
    select
        *,
        cast(
            cast(started_at as date) + to_months(cast((past_terms + 1) * term_months as integer))
            as date
        ) - snapshot_date as days_to_renewal
    from subscriptions
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
        -- Up to the last day under contract where no paid contract is active.
        max(tenure_days) filter (where is_paid) - case
            when count(*) filter (where is_paid and is_active) > 0 then 0
            else min(days_since_end) filter (where is_paid) + 1
        end as paid_contract_days,
        min(days_since_end) filter (where is_paid and not is_active)
        - max(tenure_days) filter (where is_active) as days_without_contract,
        max(tenure_days) filter (where is_active) as running_days,
        sum(monthly_amount) filter (where is_active) as monthly_amount,
        case
            when count(days_to_renewal) filter (where is_active) = count_if(is_active)
                then max(days_to_renewal) filter (where is_active)
        end as days_to_renewal,
        max(term_months) filter (where is_active) as contract_term_months,
        avg(cast(auto_renew as integer)) filter (where is_active) as auto_renew_share,
        arg_max(plan, (started_at, _row)) filter (where is_active) as contract_plan
    from renewals
    group by all
),

-- A contract that ended after the oldest active contract began left no gap.
interrupted as (
    select
        *,
        case
            when days_without_contract > 0 and running_days < 90 then days_without_contract
        end as contract_pause_90d
    from aggregated
),

final as (
    select
        customer_no,
        snapshot_date,
        {{ typed_features('feat_contracts') }}
    from interrupted
)

select * from final
