{{ config(materialized='ephemeral') }}

{#-
    Subscriptions as contracts: one row per subscription, customer and interval of days on which it
    was active and known (runs_from <= day < runs_to), by customer as known on the day.
-#}
with

subscriptions as (
    select * from {{ ref('int_subscriptions_versions') }}
    where _reject_reason is null
),

identities as (
    select * from {{ ref('int_identity_history') }}
),

stretches as (
    select
        identities.customer_no,
        greatest(
            subscriptions.known_from,
            identities.valid_from,
            cast(subscriptions.started_at as date)
        ) as runs_from,
        least(
            subscriptions.known_to,
            identities.valid_to,
            coalesce(cast(subscriptions.ended_at as date), date '9999-12-31')
        ) as runs_to
    from subscriptions
    inner join identities using (source, source_customer_id)
),

final as (
    select * from stretches
    where runs_from < runs_to
)

select * from final
