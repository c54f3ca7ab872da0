{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='day',
    )
}}

{#-
    Totals of each day: as known at the end of the day, and as corrected until the day was
    closed `corrections_window_days` later. An order counts on the day on which it was placed
    for as long as it stands, with the amount that is left after its refunds. An order that is
    delivered late, cancelled or refunded within the window therefore corrects that day. Each
    refund is also counted on its own day, so net_revenue minus refunded_amount would subtract
    it twice. A refund that names no order reduces the net revenue of its own day. A customer
    counts once a day, also if two records turn out to be one customer. Later changes are only
    in ops.corrections_daily. Orders of guests count, without a customer.

    A run computes the days that were open at the previous run or are open now.
-#}
{%- set window = var('corrections_window_days') %}
{%- set metrics = {
    'orders': ('orders', "count(*) filter (where facts.kind = 'sale')"),
    'customers': ('orders', "count(distinct facts.customer_no) filter (where facts.kind = 'sale')"),
    'net_revenue': (
        'orders',
        "coalesce(sum(facts.amount) filter (where facts.kind in ('sale', 'reduction')), 0)"
    ),
    'cancellations': ('orders', "count(*) filter (where facts.kind = 'cancellation')"),
    'refunds': ('orders', "count(*) filter (where facts.kind = 'refund')"),
    'refunded_amount': ('orders', "coalesce(sum(facts.amount) filter (where facts.kind = 'refund'), 0)"),
    'tickets_opened': ('tickets', "count(*) filter (where facts.kind = 'ticket')"),
    'tickets_solved': ('tickets', "count(*) filter (where facts.kind = 'solution')"),
} %}
with

bounds as (
    select
        as_of.as_of_date,
        {%- if is_incremental() %}
        greatest(
            date '{{ var("first_date") }}',
            least(
                (
                    select min(run_dates.snapshot_date) from {{ source('ops', 'run_dates') }} as run_dates
                    where run_dates.purpose = 'daily'
                ),
                (select max(built.day) from {{ this }} as built)
            ) - {{ window }}
        ) as first_day
        {%- else %}
        date '{{ var("first_date") }}' as first_day
        {%- endif %}
    from {{ ref('int_as_of') }} as as_of
),

days as (
    select
        cast(unnest(generate_series(first_day, as_of_date, interval 1 day)) as date) as day,
        as_of_date
    from bounds
),

-- Day from which nothing is left of a version of an order.
wholes as (
    select
        _load_id,
        _row,
        min(delivered_from) as voided_on
    from {{ ref('int_order_refunds') }}
    where is_whole and delivered_from < delivered_to
    group by all
),

orders as (
    select
        versions.source,
        versions.source_customer_id,
        versions.status,
        {{ is_purchase('versions') }} as is_purchase,
        {{ purchase_amount('versions') }} as net_amount,
        cast(versions.ordered_at as date) as ordered_on,
        cast(versions.cancelled_at as date) as cancelled_on,
        least({{ voided_on('versions') }}, wholes.voided_on) as voided_on,
        {{ as_known('known_from', 'versions') }} as known_from,
        {{ as_known('known_to', 'versions') }} as known_to
    from {{ orders_in_currency() }} as versions
    cross join bounds
    left join wholes using (_load_id, _row)
    where
        cast(versions.ordered_at as date) >= bounds.first_day
        or cast(versions.cancelled_at as date) >= bounds.first_day
),

refunds as (
    select
        refunds.source_order_id,
        refunds.amount,
        refunds.is_of_customer,
        refunds.ordered_on,
        refunds.refunded_on,
        refunds.delivered_from as known_from,
        refunds.delivered_to as known_to,
        least(refunds.delivered_to, refunds.voided_on, wholes.voided_on) as stands_to
    from {{ ref('int_order_refunds') }} as refunds
    cross join bounds
    left join wholes using (_load_id, _row)
    where
        refunds.delivered_from < refunds.delivered_to
        and greatest(refunds.ordered_on, refunds.refunded_on) >= bounds.first_day
),

tickets as (
    select
        cast(versions.opened_at as date) as opened_on,
        cast(versions.resolved_at as date) as resolved_on,
        {{ as_known('known_from', 'versions') }} as known_from,
        {{ as_known('known_to', 'versions') }} as known_to
    from {{ ref('int_tickets_versions') }} as versions
    cross join bounds
    where
        versions._reject_reason is null
        and (
            cast(versions.opened_at as date) >= bounds.first_day
            or cast(versions.resolved_at as date) >= bounds.first_day
        )
),

sales as (
    select
        'sale' as kind,
        orders.ordered_on as day,
        identities.customer_no,
        orders.net_amount as amount,
        greatest(orders.known_from, orders.ordered_on, identities.valid_from) as known_from,
        least(orders.known_to, orders.voided_on, identities.valid_to) as known_to
    from orders
    left join {{ ref('int_identity_history') }} as identities
        on
            orders.source = identities.source
            and orders.source_customer_id = identities.source_customer_id
            and identities.valid_from < least(orders.known_to, orders.voided_on)
            and identities.valid_to > greatest(orders.known_from, orders.ordered_on)
    where orders.is_purchase
),

reductions as (
    select
        'reduction' as kind,
        ordered_on as day,
        cast(null as integer) as customer_no,
        -amount as amount,
        known_from,
        stands_to as known_to
    from refunds
    where source_order_id is not null or is_of_customer
),

facts as (
    select * from sales
    where known_from < known_to
    union all
    select * from reductions
    where known_from < known_to
    {%- for kind, relation, day, amount, condition in [
        ('cancellation', 'orders', 'cancelled_on', 'net_amount', "status = 'cancelled'"),
        ('refund', 'refunds', 'refunded_on', 'amount', 'true'),
        ('ticket', 'tickets', 'opened_on', 'null', 'true'),
        ('solution', 'tickets', 'resolved_on', 'null', 'true'),
    ] %}
    union all
    select
        '{{ kind }}' as kind,
        {{ day }} as day,
        cast(null as integer) as customer_no,
        cast({{ amount }} as {{ money_type() }}) as amount,
        greatest(known_from, {{ day }}) as known_from,
        known_to
    from {{ relation }}
    where {{ condition }} and greatest(known_from, {{ day }}) < known_to
    {%- endfor %}
),

boundaries as (
    select
        day,
        kind,
        customer_no,
        amount,
        known_from as known_on,
        1 as change
    from facts
    union all
    select
        day,
        kind,
        customer_no,
        amount,
        known_to as known_on,
        -1 as change
    from facts
),

-- Most new versions have the same values for the day; they begin nothing that did not end.
changes as (
    select
        day,
        known_on
    from boundaries
    group by day, known_on, kind, customer_no
    having sum(change) != 0 or sum(change * amount) != 0
),

-- Dates on which the known total of a day may have changed, the day itself first.
moments as (
    select
        day,
        day as known_on
    from days
    union
    select
        days.day,
        changes.known_on
    from changes
    inner join days on changes.day = days.day
    where
        changes.known_on > days.day
        and changes.known_on <= least(days.as_of_date, days.day + {{ window }})
),

valued as (
    select
        moments.day,
        moments.known_on,
        {%- for metric, (_, value) in metrics.items() %}
        {{ value }} as {{ metric }}{{ ',' if not loop.last }}
        {%- endfor %}
    from moments
    left join facts
        on
            moments.day = facts.day
            and facts.known_from <= moments.known_on
            and moments.known_on < facts.known_to
    group by moments.day, moments.known_on
),

by_metric as (
    {%- for metric, (entity, _) in metrics.items() %}
    select
        day,
        known_on,
        '{{ metric }}' as metric,
        cast({{ metric }} as {{ money_type() }}) as total
    from valued
    {%- if not var('sources_by_entity')[entity] %}
    where false
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        *,
        total != lag(total) over (partition by day, metric order by known_on) as is_correction
    from by_metric
),

final as (
    select
        compared.day,
        compared.metric,
        arg_min(compared.total, compared.known_on) as first_told,
        arg_max(compared.total, compared.known_on) as total,
        cast(count(*) filter (where compared.is_correction) as integer) as corrections,
        max(compared.known_on) filter (where compared.is_correction) as corrected_on,
        compared.day + {{ window }} as closes_on,
        compared.day + {{ window }} <= any_value(bounds.as_of_date) as is_closed
    from compared
    cross join bounds
    group by compared.day, compared.metric
)

select * from final
