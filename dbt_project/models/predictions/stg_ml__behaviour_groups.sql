{#-
    Behaviour groups with the days on which they are in use, one row per group: standardisation of
    each measure and the centre of the group. Null for a measure that the groups do not use.
-#}
with

groups as (
    select * from {{ source('ml', 'behaviour_groups') }}
),

periods as (
    select
        as_of_date,
        as_of_date as valid_from,
        coalesce(lead(as_of_date) over (order by as_of_date), date '9999-12-31') as valid_to
    from groups
    group by as_of_date
),

final as (
    select
        periods.valid_from,
        periods.valid_to,
        groups.behaviour_group,
        {%- for measure in behaviour_measures() %}
        {%- for number in ['location', 'scale', 'unknown', 'centre'] %}
        any_value(groups.{{ number }}) filter (where groups.measure = '{{ measure }}')
            as {{ measure }}_{{ number }},
        {%- endfor %}
        {%- endfor %}
        any_value(groups.share) as fitted_share
    from groups
    inner join periods using (as_of_date)
    group by all
)

select * from final
