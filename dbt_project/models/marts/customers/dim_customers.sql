{#-
    One row per customer known on the as-of date: attributes and purchases so far. A customer whose
    records have all been deleted in their sources stays, so that orders and totals have a customer.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

as_of_dates as (
    select as_of_date as snapshot_date from as_of
),

deleted_records as (
    {{ deleted_records('as_of_dates') }}
),

records as (
    select
        identities.customer_id,
        records.source,
        records.first_seen_at,
        deleted_records.deleted_on
    from {{ ref('int_customer_records') }} as records
    inner join identities using (source, source_customer_id)
    cross join as_of
    left join deleted_records
        on
            records.source = deleted_records.source
            and records.source_customer_id = deleted_records.source_customer_id
    where
        records.known_from <= as_of.as_of_date
        and coalesce(cast(records.first_seen_at as date), records.known_from) <= as_of.as_of_date
),

profiles as (
    {{ current_profiles([
        'country', 'acquisition_channel', 'plan', 'email', 'phone',
    ]) }}
),

consents as (
    select
        customer_id,
        is_granted as marketing_consent
    from {{ ref('customer_consents') }}
    where purpose = 'marketing' and channel = 'any'
),

attributes as (
    select
        customer_id,
        {{ latest_value('country') }} as country,
        arg_min(acquisition_channel, recency) filter (
            where acquisition_channel is not null
        ) as acquisition_channel,
        {{ latest_value('plan') }} as plan,
        -- What a system wrote over an erased person's data is no address and no number.
        count_if(email is not null and not {{ is_erasure('email') }}) > 0 as has_email,
        count_if(
            regexp_matches(phone, '[1-9]') and not coalesce({{ is_erasure('email') }}, false)
        ) > 0 as has_phone
    from profiles
    group by all
),

known as (
    select
        customer_id,
        min(first_seen_at) as first_seen_at,
        count(*) as record_count,
        count(distinct source) as source_count,
        case when count(deleted_on) = count(*) then max(deleted_on) end as deleted_on
    from records
    group by all
),

purchases as (
    select
        identities.customer_id,
        min(purchases.ordered_at) as first_order_at,
        max(purchases.ordered_at) as last_order_at,
        count(*) as order_count,
        count(distinct purchases.ordered_on) as purchase_days,
        sum(purchases.net_amount) as net_revenue
    from {{ ref('int_purchases') }} as purchases
    inner join identities using (source, source_customer_id)
    cross join as_of
    where
        purchases.counts_from <= as_of.as_of_date
        and as_of.as_of_date < purchases.counts_to
    group by all
),

-- Refunds that name no order reduce no purchase, but what the customer has paid.
returns as (
    select
        identities.customer_id,
        sum(refunds.amount) as amount
    from {{ ref('int_order_refunds') }} as refunds
    inner join identities using (source, source_customer_id)
    cross join as_of
    where
        refunds.is_of_customer
        and refunds.known_from <= as_of.as_of_date
        and as_of.as_of_date < refunds.known_to
    group by all
),

customers as (
    select distinct
        customer_no,
        customer_id
    from identities
),

contracts as (
    select
        customers.customer_id,
        bool_or(contracts.is_trial) as has_trial,
        -- As in feat_contracts: up to the as-of date, or up to the last day under contract.
        case
            when count(*) filter (not contracts.is_trial and contracts.ended_on is null) > 0
                then any_value(as_of.as_of_date)
            else max(contracts.ended_on) filter (not contracts.is_trial) - 1
        end - min(contracts.started_on) filter (not contracts.is_trial) as paid_contract_days
    from {{ ref('int_customer_contracts') }} as contracts
    inner join customers using (customer_no)
    cross join as_of
    group by customers.customer_id
),

final as (
    select
        known.customer_id,
        known.first_seen_at,
        purchases.first_order_at,
        purchases.last_order_at,
        attributes.country,
        attributes.acquisition_channel,
        attributes.plan,
        consents.marketing_consent,
        coalesce(attributes.has_email, false) as has_email,
        coalesce(attributes.has_phone, false) as has_phone,
        cast(known.record_count as integer) as record_count,
        cast(known.source_count as integer) as source_count,
        cast(coalesce(purchases.order_count, 0) as integer) as order_count,
        cast(
            case
                when purchases.order_count > 0 and purchases.net_revenue is null then null
                else coalesce(purchases.net_revenue, 0) - coalesce(returns.amount, 0)
            end as {{ money_type() }}
        ) as net_revenue,
        {{ lifecycle_stage(
            'purchases.purchase_days',
            'contracts.paid_contract_days',
            "contracts.has_trial or lower(attributes.plan) = 'trial'",
        ) }} as lifecycle_stage,
        known.deleted_on
    from known
    left join attributes using (customer_id)
    left join consents using (customer_id)
    left join purchases using (customer_id)
    left join returns using (customer_id)
    left join contracts using (customer_id)
)

select * from final
