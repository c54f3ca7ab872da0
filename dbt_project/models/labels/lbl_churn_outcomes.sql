{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Whether a customer who was eligible at the end of a date had left one horizon later, by the
    deployment's definition. A row exists only where the horizon has wholly passed by the day of
    the run; until then nobody knows, and nothing stands in for it.

    The outcome is judged with what was known at the end of the horizon, by customer as known then:
    somebody who bought under a second account that was linked meanwhile has not left.
-#}
{%- set horizon = var('horizon_days') %}
with

asked_dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'training'
    union
    select snapshot_date from {{ source('ops', 'snapshot_dates') }}
),

dates as (
    select
        snapshot_date,
        snapshot_date + {{ horizon }} as matured_on
    from asked_dates
    where
        snapshot_date + {{ horizon }} <= (select as_of_date from {{ ref('int_as_of') }})
        {%- if is_incremental() %}
        and snapshot_date not in (select distinct known.snapshot_date from {{ this }} as known)
        {%- endif %}
),

identities as (
    select
        dates.snapshot_date,
        history.source,
        history.source_customer_id,
        history.customer_id
    from dates
    inner join {{ ref('int_identity_history') }} as history
        on
            history.valid_from <= dates.snapshot_date
            and dates.snapshot_date < history.valid_to
),

later_identities as (
    select
        dates.snapshot_date,
        history.source,
        history.source_customer_id,
        history.customer_id
    from dates
    inner join {{ ref('int_identity_history') }} as history
        on
            history.valid_from <= dates.matured_on
            and dates.matured_on < history.valid_to
),
{% if var('churn_kind') == 'contractual' %}
subscriptions as (
    select
        source,
        source_customer_id,
        known_from,
        known_to,
        cast(started_at as date) as started_on,
        coalesce(cast(ended_at as date), date '9999-12-31') as ended_on
    from {{ ref('int_subscriptions_versions') }}
    where _reject_reason is null
),

eligible as (
    select distinct
        identities.snapshot_date,
        identities.customer_id
    from subscriptions
    inner join identities using (source, source_customer_id)
    where
        subscriptions.known_from <= identities.snapshot_date
        and identities.snapshot_date < subscriptions.known_to
        and subscriptions.started_on <= identities.snapshot_date
        and identities.snapshot_date < subscriptions.ended_on
),

-- Still under contract at the end of the horizon, by whatever subscription.
stayed as (
    select distinct
        later_identities.snapshot_date,
        later_identities.customer_id
    from subscriptions
    inner join later_identities using (source, source_customer_id)
    inner join dates using (snapshot_date)
    where
        subscriptions.known_from <= dates.matured_on
        and dates.matured_on < subscriptions.known_to
        and subscriptions.started_on <= dates.matured_on
        and dates.matured_on < subscriptions.ended_on
),
{% else %}
purchases as (
    select * from {{ ref('int_purchases') }}
),

eligible as (
    select distinct
        identities.snapshot_date,
        identities.customer_id
    from purchases
    inner join identities using (source, source_customer_id)
    where
        purchases.ordered_on <= identities.snapshot_date
        and purchases.ordered_on > identities.snapshot_date - {{ var('eligible_days') }}
        and purchases.counts_from <= identities.snapshot_date
        and identities.snapshot_date < purchases.counts_to
),

stayed as (
    select distinct
        later_identities.snapshot_date,
        later_identities.customer_id
    from purchases
    inner join later_identities using (source, source_customer_id)
    inner join dates using (snapshot_date)
    where
        purchases.ordered_on > dates.snapshot_date
        and purchases.ordered_on <= dates.matured_on
        and purchases.counts_from <= dates.matured_on
        and dates.matured_on < purchases.counts_to
),
{% endif %}
outcomes as (
    select
        eligible.customer_id,
        eligible.snapshot_date,
        not bool_or(stayed.customer_id is not null) as churned
    from eligible
    inner join identities using (snapshot_date, customer_id)
    inner join later_identities
        on
            identities.snapshot_date = later_identities.snapshot_date
            and identities.source = later_identities.source
            and identities.source_customer_id = later_identities.source_customer_id
    left join stayed
        on
            later_identities.snapshot_date = stayed.snapshot_date
            and later_identities.customer_id = stayed.customer_id
    group by all
),

final as (
    select
        outcomes.customer_id,
        outcomes.snapshot_date,
        dates.matured_on,
        outcomes.churned
    from outcomes
    inner join dates using (snapshot_date)
)

select * from final
