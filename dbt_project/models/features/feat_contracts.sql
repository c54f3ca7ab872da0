{#-
    Subscriptions of each customer as known at the end of each date of the run. An end that still
    lies ahead is not read: a source that writes it back would leak the future. Active are the
    contracts that are paid for on the date: neither in trial nor paused.

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

contracts as (
    {{ contract_dates() }}
),

subscriptions as (
    select
        identities.customer_no,
        dates.snapshot_date,
        contracts.plan,
        contracts.status,
        contracts.paid_from < contracts.ended_on
        and contracts.paid_from <= dates.snapshot_date as is_paid,
        contracts.started_on < least(contracts.paid_from, contracts.ended_on) as has_trial,
        contracts.monthly_amount,
        contracts.auto_renew,
        contracts.term_months,
        contracts.started_at,
        contracts._row,
        dates.snapshot_date - contracts.started_on as tenure_days,
        dates.snapshot_date - contracts.paid_from as paid_days,
        contracts.ended_on > dates.snapshot_date as is_running,
        contracts.paused_from <= dates.snapshot_date
        and dates.snapshot_date < contracts.paused_to as is_paused,
        cast(contracts.resumes_at as date) <= dates.snapshot_date as is_resume_due,
        contracts.has_unknown_end,
        case
            when not contracts.has_unknown_end then dates.snapshot_date - contracts.ended_on
        end as days_since_end,
        datesub('month', contracts.started_on, dates.snapshot_date)
        // nullif(contracts.term_months, 0) as past_terms
    from contracts
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
    where
        contracts.known_from <= dates.snapshot_date
        and dates.snapshot_date < contracts.known_to
        and contracts.started_on <= dates.snapshot_date
),

renewals as (
    select
        *,
        is_running and is_paid and not is_paused as is_active,
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
        count_if(not is_running) as ended_subscriptions,
        count_if(not is_running and days_since_end < 90) as ended_subscriptions_90d,
        count_if(tenure_days < 90) as started_subscriptions_90d,
        max(tenure_days) as contract_tenure_days,
        min(tenure_days) filter (where is_active) as newest_contract_days,
        -- Up to the last day under contract where no paid contract is running.
        max(paid_days) filter (where is_paid) - case
            when count(*) filter (where is_paid and is_running) > 0 then 0
            else min(days_since_end) filter (where is_paid) + 1
        end as paid_contract_days,
        min(days_since_end) filter (where is_paid and not is_running)
        - max(tenure_days) filter (where is_active) as days_without_contract,
        max(tenure_days) filter (where is_active) as running_days,
        sum(monthly_amount) filter (where is_active) as monthly_amount,
        case
            when count(days_to_renewal) filter (where is_active) = count_if(is_active)
                then max(days_to_renewal) filter (where is_active)
        end as days_to_renewal,
        max(term_months) filter (where is_active) as contract_term_months,
        avg(cast(auto_renew as integer)) filter (where is_active) as auto_renew_share,
        arg_max(plan, (started_at, _row)) filter (where is_running) as contract_plan,
        bool_or(has_trial) as has_trial,
        {{ contract_state() }} as contract_state
    from renewals
    group by all
),

-- A contract that ended after the oldest active contract began left no gap, nor did a swap.
interrupted as (
    select
        *,
        case
            when days_without_contract > {{ var('swap_gap_days') }} and running_days < 90
                then days_without_contract
        end as contract_pause_90d
    from aggregated
),

final as (
    select
        customer_no,
        snapshot_date,
        {{ typed_features('feat_contracts') }},
        -- For the lifecycle, not features of the model.
        has_trial,
        contract_state
    from interrupted
)

select * from final
