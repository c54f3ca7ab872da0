{#-
    Order lines without a delivered order, with the day on which the order is delivered
    (orphan_until): the line is rejected until then and counts from then on. A line whose order was
    deleted in its source waits for the order's return.
-#}
with

lines as (
    select
        versions._load_id,
        versions._row,
        versions.source,
        versions.source_order_id,
        {{ as_known('known_from', 'versions') }} as known_from
    from {{ ref('int_order_lines_versions') }} as versions
    where versions._reject_reason is null
),

orders as (
    select
        versions.source,
        versions.source_order_id,
        min({{ as_known('known_from', 'versions') }}) as first_known_on
    from {{ ref('int_orders_versions') }} as versions
    where versions._reject_reason is null
    group by all
),

ended_orders as (
    select distinct
        versions.source,
        versions.source_order_id
    from {{ ref('int_orders_versions') }} as versions
    inner join {{ source('ops', 'ended_rows') }} as ended_rows
        on
            versions._load_id = ended_rows.load_id
            and versions._row = ended_rows.row_no
    where versions._reject_reason is null
),

-- First day since the delivery of each line on which a formerly deleted order exists.
returns as (
    select
        lines._load_id,
        lines._row,
        min(greatest(
            {{ as_known('known_from', 'versions') }}, {{ as_known('known_from', 'lines') }}
        )) as returned_on
    from {{ ref('int_order_lines_versions') }} as lines
    semi join ended_orders
        on
            lines.source = ended_orders.source
            and lines.source_order_id = ended_orders.source_order_id
    inner join {{ ref('int_orders_versions') }} as versions
        on
            lines.source = versions.source
            and lines.source_order_id = versions.source_order_id
            and {{ as_known('known_from', 'lines') }} < {{ as_known('known_to', 'versions') }}
    where
        lines._reject_reason is null
        and versions._reject_reason is null
        and {{ as_known('known_from', 'versions') }} < {{ as_known('known_to', 'versions') }}
    group by lines._load_id, lines._row
),

found as (
    select
        lines.*,
        case
            when ended_orders.source_order_id is null then orders.first_known_on
            else returns.returned_on
        end as order_known_on
    from lines
    left join orders using (source, source_order_id)
    left join ended_orders using (source, source_order_id)
    left join returns using (_load_id, _row)
),

final as (
    select
        _load_id,
        _row,
        source,
        source_order_id,
        coalesce(order_known_on, date '9999-12-31') as orphan_until
    from found
    where coalesce(order_known_on, date '9999-12-31') > known_from
)

select * from final
