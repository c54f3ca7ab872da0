[[ todos(questions) -]]
with

source as (
    select * from {{ source('[[ source ]]', '[[ table ]]') }}
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
        cast([[ ("sum(" ~ total.product ~ ")") | dbt ]] as decimal(18, 2)) as amount
    from [[ total.cte ]]
    group by [[ total.by | dbt ]]
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
    left join [[ cte ]] on [[ on | dbt ]]
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
        [[ source | literal ]] as source,
[% include "columns.sql" %]
    from [[ "parsed" if parsed else "source" ]]
),

final as (
    select * from renamed
)

select * from final
