{#-
    Order lines of an order that nobody has delivered, with the day on which it is delivered after
    all (orphan_until): until then the line is rejected, from then on it counts.
-#}
with

lines as (
    select * from {{ ref('int_order_lines_versions') }}
    where _reject_reason is null
),

orders as (
    select
        source,
        source_order_id,
        min(known_from) as first_known_on
    from {{ ref('int_orders_versions') }}
    where _reject_reason is null
    group by all
),

final as (
    select
        lines._load_id,
        lines._row,
        lines.source,
        lines.source_order_id,
        coalesce(orders.first_known_on, date '9999-12-31') as orphan_until
    from lines
    left join orders
        on
            lines.source = orders.source
            and lines.source_order_id = orders.source_order_id
    where coalesce(orders.first_known_on, date '9999-12-31') > lines.known_from
)

select * from final
