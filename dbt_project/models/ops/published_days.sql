{#-
    Every day from the first one that was run to the latest, and whether it was run: a reader can
    tell a missed day from a day on which nothing happened. ops.data_quality_daily is built in a
    run's last build and has rows for each day that reached it, also after the other rows of the day
    were removed.
-#}
with

accounts as (
    select
        snapshot_date,
        source,
        is_stale
    from {{ ref('data_quality_daily') }}
),

run_days as (
    select
        snapshot_date,
        count(distinct source) filter (is_stale) as stale_sources
    from accounts
    group by snapshot_date
),

bounds as (
    select
        min(snapshot_date) as first_day,
        max(snapshot_date) as latest_day
    from run_days
),

calendar as (
    select cast(unnest(generate_series(first_day, latest_day, interval 1 day)) as date)
        as snapshot_date
    from bounds
),

removals as (
    select max(removed_before) as removed_before from {{ source('ops', 'removed_rows') }}
    where setting = 'past_days'
),

final as (
    select
        calendar.snapshot_date,
        run_days.snapshot_date is not null as is_published,
        run_days.stale_sources,
        coalesce(calendar.snapshot_date < removals.removed_before, false) as is_removed
    from calendar
    left join run_days on calendar.snapshot_date = run_days.snapshot_date
    cross join removals
)

select * from final
