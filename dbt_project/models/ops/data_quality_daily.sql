{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    What became of everything that was delivered up to each day of the run: a test holds it to
    delivered = accepted + rejected + superseded. `delivered` is counted by the load ledger, the
    others by the tables that the rows ended in.
-#}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

delivered as (
    select
        dates.snapshot_date,
        loads.source,
        loads.table_name,
        sum(loads.rows) as delivered
    from dates
    inner join {{ source('ops', 'load_ledger') }} as loads
        on coalesce(loads.known_from, date '0001-01-01') <= dates.snapshot_date
    group by all
),

outcomes as (
    select
        dates.snapshot_date,
        accounts.source,
        accounts.table_name,
        sum(accounts.row_count) filter (
            where dates.snapshot_date < accounts.rejected_until
        ) as rejected,
        sum(accounts.row_count) filter (
            where
                dates.snapshot_date >= accounts.rejected_until
                and dates.snapshot_date < accounts.known_to
        ) as accepted,
        sum(accounts.row_count) filter (
            where
                dates.snapshot_date >= accounts.rejected_until
                and dates.snapshot_date >= accounts.known_to
        ) as superseded
    from dates
    inner join {{ ref('int_load_accounts') }} as accounts
        on accounts.known_from <= dates.snapshot_date
    group by all
),

final as (
    select
        delivered.snapshot_date,
        delivered.source,
        delivered.table_name,
        cast(delivered.delivered as bigint) as delivered,
        cast(coalesce(outcomes.accepted, 0) as bigint) as accepted,
        cast(coalesce(outcomes.rejected, 0) as bigint) as rejected,
        cast(coalesce(outcomes.superseded, 0) as bigint) as superseded
    from delivered
    left join outcomes using (snapshot_date, source, table_name)
)

select * from final
