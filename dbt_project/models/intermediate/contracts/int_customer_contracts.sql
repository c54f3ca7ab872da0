{{ config(materialized='ephemeral') }}

{#-
    Contracts of each customer as known on the as-of date: one row per phase, trial or paid, that
    had begun by then. An end that still lies ahead is not read.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

contracts as (
    {{ contract_dates() }}
),

known as (
    select
        contracts.*,
        identities.customer_no,
        as_of.as_of_date
    from contracts
    inner join {{ ref('int_identity_history') }} as identities using (source, source_customer_id)
    cross join as_of
    where
        contracts.known_from <= as_of.as_of_date
        and as_of.as_of_date < contracts.known_to
        and identities.valid_from <= as_of.as_of_date
        and as_of.as_of_date < identities.valid_to
        -- A contract that ended on its first day was never active.
        and contracts.ended_on > contracts.started_on
),

phases as (
    select
        customer_no,
        plan,
        true as is_trial,
        monthly_amount,
        started_on,
        least(paid_from, ended_on) as ended_on,
        date '9999-12-31' as paused_from,
        date '9999-12-31' as paused_to,
        as_of_date
    from known
    where started_on < paid_from
    union all
    select
        customer_no,
        plan,
        false as is_trial,
        monthly_amount,
        paid_from as started_on,
        ended_on,
        paused_from,
        paused_to,
        as_of_date
    from known
    where paid_from < ended_on
),

final as (
    select
        customer_no,
        plan,
        is_trial,
        monthly_amount,
        started_on,
        case when ended_on <= as_of_date then ended_on end as ended_on,
        paused_from,
        paused_to
    from phases
    where started_on <= as_of_date
)

select * from final
