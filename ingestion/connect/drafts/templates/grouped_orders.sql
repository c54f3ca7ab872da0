[% for note in notes %]
[[ sql_comment(note ~ ".", 0) -]]
[% endfor %]
[[ todos(questions) -]]
with

source as (
    select * from {{ source('[[ source ]]', '[[ table ]]') }}
),

lines as (
    select
        _load_id,
[% for column in line_columns + sum_columns %]
[[ todos(column.questions, 8) ]]        [[ column.expression ]] as [[ column.name ]],
[% endfor %]
[% if product %]
[[ todos(amount_questions, 8) ]]        [[ product ]] as amount,
[% endif %]
        _row
    from source
),

orders as (
    select
        _load_id,
        source_order_id,
[% for column in line_columns[1:] %]
        min([[ column.name ]]) as [[ column.name ]],
[% endfor %]
[% for column in sum_columns %]
        sum([[ column.name ]]) as [[ column.name ]],
[% endfor %]
[% if product %]
        -- Null where the amount of a line is unreadable: the others would add up to too little.
        case when count(*) = count(amount) then sum(amount) end as net_amount,
[% endif %]
        min(_row) as _row
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
