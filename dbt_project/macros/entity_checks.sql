{#- Checks of canonical values: implausible ones, required ones, and the reasons of rejected rows. -#}

{#-
    Times of a plan, which may lie in any future. Every other time is of something that has
    happened, and lies at most a year after the delivery of its row.
-#}
{% macro planned_times() -%}
    {{ return(['ended_at', 'trial_ends_at', 'paused_at', 'resumes_at', 'lifted_at']) }}
{%- endmacro %}

{#- Least and greatest plausible values of whole numbers, by canonical column. -#}
{% macro plausible_numbers() -%}
    {{ return({'birth_year': (1900, 2100), 'term_months': (0, 1200), 'reopened_count': (0, 100000)}) }}
{%- endmacro %}

{#-
    The condition under which a canonical value is plausible, or none for a column of any value.
    Within these limits no arithmetic on dates overflows and every amount fits its type; infinity
    and NaN are outside. `recorded_before` is in the relation loads (macro `recorded_before`).
-#}
{% macro plausible_condition(name, type) -%}
    {%- set value = 'delivered.' ~ name -%}
    {%- set largest = var('plausible_amount') | string -%}
    {%- if type == 'timestamp' -%}
        {%- set before = "timestamp '" ~ var('plausible_until') ~ "'" if name in planned_times() else 'loads.recorded_before' -%}
        {{- return(value ~ " >= timestamp '" ~ var('plausible_from') ~ "' and " ~ value ~ ' < ' ~ before) -}}
    {%- elif type.startswith('decimal') or type == 'double' -%}
        {{- return(value ~ ' between -' ~ largest ~ ' and ' ~ largest) -}}
    {%- elif name in plausible_numbers() -%}
        {%- set least, greatest = plausible_numbers()[name] -%}
        {{- return(value ~ ' between ' ~ least ~ ' and ' ~ greatest) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{#-
    The moment before which the rows of a load have happened: a year after their delivery. The
    ledger's clock counts too, because a past day is run after its data.
-#}
{% macro recorded_before() -%}
    least(
        greatest(cast(delivered_on as timestamp), timezone('UTC', loaded_at)) + interval 366 day,
        timestamp '{{ var("plausible_until") }}'
    )
{%- endmacro %}

{#-
    The rows of the relation `delivered` with their reason of rejection, named `reason_name`, or
    null. A value that is implausible becomes null: it rejects the row if the column is one of
    `required`, and is otherwise added to _lost_fields, which has the fields that staging lost.
    `reject_when` has further conditions by reason. The relation `loads` has recorded_before.
-#}
{% macro checked_rows(entity, required, reject_when, reason_name) -%}
    {%- set conditions = {} -%}
    {%- for name, type in entity_columns(entity).items() if plausible_condition(name, type) -%}
        {%- do conditions.update({name: plausible_condition(name, type)}) -%}
    {%- endfor -%}
    {%- set losable = conditions.keys() | reject('in', required) | list -%}
    select
        delivered._load_id,
        delivered._row,
        delivered.source,
        {%- for name in entity_columns(entity) %}
        {%- if name in conditions %}
        case when {{ conditions[name] }} then delivered.{{ name }} end as {{ name }},
        {%- else %}
        delivered.{{ name }},
        {%- endif %}
        {%- endfor %}
        {%- if losable %}
        case
            when
                {%- for name in losable %}
                {{ 'or ' if not loop.first }}not ({{ conditions[name] }})
                {%- endfor %}
                then list_concat(
                    delivered._lost_fields,
                    list_filter(
                        [
                            {%- for name in losable %}
                            case when not ({{ conditions[name] }}) then '{{ name }}' end{{ ',' if not loop.last }}
                            {%- endfor %}
                        ],
                        lambda name: name is not null
                    )
                )
            else delivered._lost_fields
        end as _lost_fields,
        {%- else %}
        delivered._lost_fields,
        {%- endif %}
        case
            when delivered._reject_reason is not null then delivered._reject_reason
            {%- for name in required %}
            when delivered.{{ name }} is null
                then case
                    when list_contains(delivered._lost_fields, '{{ name }}') then 'unreadable {{ name }}'
                    else 'missing {{ name }}'
                end
            {%- if name in conditions %}
            when not ({{ conditions[name] }}) then 'implausible {{ name }}: ' || delivered.{{ name }}
            {%- endif %}
            {%- endfor %}
            {%- for reason, condition in reject_when.items() %}
            when {{ condition }} then '{{ reason }}'
            {%- endfor %}
        end as {{ reason_name }}
    from delivered
    inner join loads on delivered._load_id = loads.load_id
{%- endmacro %}
