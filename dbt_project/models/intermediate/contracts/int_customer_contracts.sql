{{ config(materialized='ephemeral') }}

{#-
    Subscriptions of each customer as known on the as-of date: one row per subscription that had
    begun by then. An end that still lies ahead is not read.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

final as (
    select
        identities.customer_no,
        subscriptions.plan,
        coalesce(lower(subscriptions.plan) = 'trial', false) as is_trial,
        subscriptions.monthly_amount,
        cast(subscriptions.started_at as date) as started_on,
        case
            when cast(subscriptions.ended_at as date) <= as_of.as_of_date
                then cast(subscriptions.ended_at as date)
        end as ended_on
    from {{ ref('int_subscriptions_versions') }} as subscriptions
    inner join {{ ref('int_identity_history') }} as identities
        using (source, source_customer_id)
    cross join as_of
    where
        subscriptions._reject_reason is null
        and subscriptions.known_from <= as_of.as_of_date
        and as_of.as_of_date < subscriptions.known_to
        and identities.valid_from <= as_of.as_of_date
        and as_of.as_of_date < identities.valid_to
        and cast(subscriptions.started_at as date) <= as_of.as_of_date
        -- A contract that ended on its first day was never active.
        and coalesce(
            cast(subscriptions.ended_at as date) > cast(subscriptions.started_at as date), true
        )
)

select * from final
