[[ todos(questions) -]]
with

source as (
    select * from {{ source('[[ source ]]', '[[ table ]]') }}
),

lines as (
    select
        _load_id,
        _row,
[% for column in line_columns %]
[[ todos(column.questions, 8) ]]        [[ column.expression ]] as [[ column.name ]],
[% endfor %]
        [[ product ]] as amount
    from source
),

orders as (
    select
        _load_id,
        source_order_id,
        min(_row) as _row,
[% for column in line_columns[1:] %]
        min([[ column.name ]]) as [[ column.name ]],
[% endfor %]
        -- Null where the amount of a line is unreadable: the others would add up to too little.
        case when count(*) = count(amount) then sum(amount) end as net_amount
    from lines
    where source_order_id is not null
    group by _load_id, source_order_id
),

renamed as (
    select
        _load_id,
        _row,
        [[ source | literal ]] as source,
[% include "columns.sql" %]
    from orders
),

final as (
    select * from renamed
)

select * from final
