[% for note in notes %]
[[ sql_comment(note ~ ".", 0) -]]
[% endfor %]
[[ todos(questions) -]]
with

source as (
    select * from {{ source('[[ source ]]', '[[ table ]]') }}
    [% if first_rows_of %]
    [% if first_rows_where %]
    where [[ first_rows_where | dbt ]]
    [% else %]
    -- The other rows of an order are its further lines, without the columns of the order.
    [% endif %]
    qualify row_number() over (partition by _load_id, [[ first_rows_of | dbt ]] order by _row) = 1
    [% endif %]
),

[% for lookup in lookups %]
-- Newest delivered version of each row.
[[ lookup.cte ]] as (
    select
        [[ lookup.key | dbt ]][% for column in lookup.columns %],
        [[ "arg_max(%s, (_load_id, _row))" | format(column) | dbt ]] as [[ column | dbt ]]
        [%- endfor +%]
    from {{ source('[[ source ]]', '[[ lookup.table ]]') }}
    group by [[ lookup.key | dbt ]]
),

[% endfor %]
[% for total in totals %]
-- Newest delivered version of each row.
[[ total.cte ]] as (
    select * from {{ source('[[ source ]]', '[[ total.table ]]') }}
    [% if total.keys %]
    qualify
        row_number() over (
            partition by [[ total.keys | join(", ") | dbt ]] order by _load_id desc, _row desc
        ) = 1
    [% endif %]
),

[[ total.amounts ]] as (
    select
        [[ total.by | dbt ]],
        -- Null where an amount is unreadable: the sum of the others would be too small.
        case when count(*) = count(amount) then sum(amount) end as amount[[ "," if total.times ]]
        [% if total.times %]
        max(paid_at) as latest_at
        [% endif %]
    from (
        select
            [[ total.by | dbt ]],
            [[ total.product ]] as amount[[ "," if total.times ]]
            [% if total.times %]
            [[ total.times[0] ]] as paid_at
            [% endif %]
        from [[ total.cte ]]
        [% if total.conditions %]
        where
            [[ total.conditions | join("\n            and ") ]]
        [% endif %]
    )
    group by [[ total.by | dbt ]]
),

[% endfor %]
[% for match in matches %]
-- The first of the matching rows; redelivered rows do not change it.
[[ match.cte ]] as (
    select
        [[ match.keys | join(",\n        ") | dbt ]],
        min([[ match.time ]]) as first_at
    from {{ source('[[ source ]]', '[[ match.table ]]') }}
    group by [[ match.keys | join(", ") | dbt ]]
),

[% endfor %]
[% if parsed %]
parsed as (
    select
        [[ "source.*" if joins else "*" ]],
        [% for expression, name in parsed %]
        [[ expression ]] as [[ name ]][[ "," if not loop.last ]]
        [% endfor %]
    from source
    [% for cte, on in joins %]
    left join [[ cte ]] on [[ on ]]
    [% endfor %]
),

[% endif %]
renamed as (
    select
        _load_id,
        _row,
        [% if checks %]
        {{ first_failed([
            [% for raw, read, name in checks %]
            ([[ raw | jinja ]], [[ read | jinja ]], [[ name | replace("'", "''") | jinja ]]),
            [% endfor %]
        ]) }} as _reject_reason,
        [% endif %]
        [% if optional_checks %]
        {{ lost_fields([
            [% for raw, read, name in optional_checks %]
            ([[ raw | jinja ]], [[ read | jinja ]], [[ name | jinja ]]),
            [% endfor %]
        ]) }} as _lost_fields,
        [% endif %]
        [[ source | literal ]] as source,
[% include "columns.sql" %]
    from [[ "parsed" if parsed else "source" ]]
),

final as (
    select * from renamed
)

select * from final
