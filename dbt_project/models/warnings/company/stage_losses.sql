{{ config(materialized='table') }}

{#-
    Customers that each lifecycle stage lost on each day of the eight weeks up to a date of the run,
    and the customers in the stage, as known at the end of that date: one row per date, stage and
    day with customers in the stage.

    A buyer is lost on the day of becoming dormant (customer_segments_daily), a customer under
    contract on the first day without one. Customers are not followed from day to day: cumulative
    sums of entries and exits give their number.
-#}
{%- set seen = 56 -%}
{%- set is_contractual = var('churn_kind') == 'contractual' -%}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

calendar as (
    select
        dates.snapshot_date,
        dates.snapshot_date - cast(ages.range as integer) as day
    from dates
    cross join range({{ seen + 1 }}) as ages
),
{% if is_contractual %}
-- By source record, as the other figures of the company: two records that turn out to be one
-- customer are no loss.
contract_versions as (
    {{ contract_dates() }}
),

contracts as (
    select
        source,
        source_customer_id,
        greatest(known_from, paid_from) as runs_from,
        least(known_to, ended_on) as runs_to
    from contract_versions
    where runs_from < runs_to
),

-- Contracts that overlap, or follow within swap_gap_days, form one interval. Its start and end count
-- from their delivery, so that the interval is the same for every date.
numbered_contracts as (
    select
        *,
        min(runs_from) over of_record as first_on,
        coalesce(runs_from > {{ var('swap_gap_days') }} + max(runs_to) over (
            of_record rows between unbounded preceding and 1 preceding
        ), true) as is_new_stretch
    from contracts
    window of_record as (partition by source, source_customer_id order by runs_from, runs_to)
),

stretch_numbers as (
    select
        *,
        count(*) filter (is_new_stretch) over (
            partition by source, source_customer_id
            order by runs_from, runs_to
            rows between unbounded preceding and current row
        ) as stretch_no
    from numbered_contracts
),

stretches as (
    select
        first_on,
        min(runs_from) as runs_from,
        max(runs_to) as runs_to
    from stretch_numbers
    group by source, source_customer_id, first_on, stretch_no
),

steps (stage, first_day, next_day) as (
    values {{ contract_stages() }}
),

stays as (
    select
        dates.snapshot_date,
        steps.stage,
        greatest(stretches.runs_from, stretches.first_on + steps.first_day) as entered_on,
        least(stretches.runs_to, stretches.first_on + steps.next_day) as left_on,
        stretches.runs_to <= stretches.first_on + steps.next_day as is_lost
    from stretches
    cross join steps
    inner join dates on stretches.runs_from < dates.snapshot_date
    where entered_on < left_on
),
{% else %}
rhythm as (
    select * from {{ ref('int_company_rhythm') }}
),

customers as (
    {{ of_daily_dates(ref('feat_purchases')) }}
),

-- A day with a new version of an order has its gap in a row without orders.
recent_purchases as (
    select
        calendar.snapshot_date,
        order_days.customer_no,
        order_days.activity_date as purchased_on,
        max(order_days.gap_days) as gap_days
    from {{ ref('int_order_days') }} as order_days
    inner join calendar on order_days.activity_date = calendar.day
    where
        order_days.counts_from <= calendar.snapshot_date
        and calendar.snapshot_date < order_days.counts_to
    group by all
    having count(order_days.orders) > 0
),

-- Gaps that reach into the weeks: the gap before each recent purchase, and the latest gap of every
-- customer. Purchases are counted backwards from the date, so that no earlier ones are read.
pauses as (
    select
        snapshot_date,
        customer_no,
        coalesce(lag(purchased_on) over of_customer, purchased_on - gap_days) as since,
        purchased_on as next_on,
        count(*) over (
            of_customer rows between current row and unbounded following
        ) as purchases_since
    from recent_purchases
    window of_customer as (partition by snapshot_date, customer_no order by purchased_on)
    union all
    select
        snapshot_date,
        customer_no,
        snapshot_date - days_since_last_order as since,
        cast(null as date) as next_on,
        0 as purchases_since
    from customers
),

numbered_pauses as (
    select
        pauses.snapshot_date,
        pauses.since,
        coalesce(pauses.next_on, date '9999-12-31') as next_on,
        customers.purchase_days_lifetime - pauses.purchases_since as purchase_no,
        pauses.since - (customers.snapshot_date - customers.days_since_first_order) as paused_days
    from pauses
    inner join customers using (snapshot_date, customer_no)
    where pauses.since is not null
),

limited_pauses as (
    select
        numbered_pauses.*,
        numbered_pauses.since + {{ pause_limit(
            'dormant', 'numbered_pauses.purchase_no - 1', 'numbered_pauses.paused_days'
        ) }} as limit_on
    from numbered_pauses
    inner join rhythm using (snapshot_date)
    where numbered_pauses.purchase_no > 0
),

stays as (
    select
        snapshot_date,
        {{ lifecycle_stage('purchase_no', 'null') }} as stage,
        since as entered_on,
        least(limit_on, next_on) as left_on,
        limit_on < next_on as is_lost
    from limited_pauses
),
{% endif %}
-- A customer who enters on a day can be lost from the next day on, up to the day of the exit.
changes as (
    select
        snapshot_date,
        stage,
        greatest(entered_on + 1, snapshot_date - {{ seen }}) as day,
        count(*) as came,
        0 as went,
        0 as lost
    from stays
    where left_on >= snapshot_date - {{ seen }} and entered_on < snapshot_date
    group by all
    union all
    select
        snapshot_date,
        stage,
        left_on as day,
        0 as came,
        count(*) as went,
        count(*) filter (is_lost) as lost
    from stays
    where left_on between snapshot_date - {{ seen }} and snapshot_date
    group by all
),

stages as (
    select distinct
        snapshot_date,
        stage
    from changes
),

counted as (
    select
        calendar.snapshot_date,
        stages.stage,
        calendar.day,
        coalesce(sum(changes.came), 0) as came,
        coalesce(sum(changes.went), 0) as went,
        coalesce(sum(changes.lost), 0) as lost
    from calendar
    inner join stages using (snapshot_date)
    left join changes using (snapshot_date, stage, day)
    group by all
),

there as (
    select
        *,
        went + sum(came - went) over (
            partition by snapshot_date, stage order by day
        ) as customers
    from counted
),

final as (
    select
        snapshot_date,
        stage,
        day,
        cast(customers as bigint) as customers,
        cast(lost as bigint) as lost
    from there
    where customers > 0
)

select * from final
