{{ config(materialized='ephemeral') }}

{#-
    Days under contract of each customer, as known on each day: one row per version of a paid
    contract, and one more for the days after a pause.

    runs_from <= day < runs_to: days that are paid for; a pause is left out. runs_from <= day <
    held_to: days on which the contract is no loss, that is up to its end and, for another swap_gap_days,
    until it is known that no other contract follows.
-#}
with

contracts as (
    {{ contract_dates() }}
),

identities as (
    select * from {{ ref('int_identity_history') }}
),

stretches as (
    select
        identities.customer_no,
        greatest(contracts.known_from, identities.valid_from) as known_from,
        least(contracts.known_to, identities.valid_to) as known_to,
        contracts.paid_from,
        contracts.paused_from,
        contracts.paused_to,
        contracts.ended_on
    from contracts
    inner join identities using (source, source_customer_id)
    where contracts.paid_from < contracts.ended_on
),

pieces as (
    select
        customer_no,
        greatest(known_from, paid_from) as runs_from,
        least(known_to, paused_from, ended_on) as runs_to,
        {{ held_to('known_to', 'ended_on') }} as held_to
    from stretches
    union all
    select
        customer_no,
        greatest(known_from, paid_from, paused_to) as runs_from,
        least(known_to, ended_on) as runs_to,
        {{ held_to('known_to', 'ended_on') }} as held_to
    from stretches
    where paused_to < ended_on and paused_from < paused_to
),

final as (
    select * from pieces
    where runs_from < held_to
)

select * from final
