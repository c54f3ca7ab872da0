{#- What staging models share: reading text as values, and saying why a row cannot be read. -#}

{#- A timestamp from text in the first of `formats` (strptime) that fits; null where none does. -#}
{% macro try_timestamp(column, formats) -%}
    try_strptime({{ column }}, [{% for format in formats %}'{{ format }}'{{ ', ' if not loop.last }}{% endfor %}])
{%- endmacro %}

{#-
    UTC from an ISO 8601 text that names its offset, as APIs write it: 2026-06-30T14:00:00+02:00.
    A plain cast to a timestamp reads such a text too, and silently drops the offset.
-#}
{% macro iso_to_utc(column) -%}
    timezone('UTC', try_cast({{ column }} as timestamp with time zone))
{%- endmacro %}

{#-
    A moment told in `from_zone`, as the wall clock of the deployment's time zone shows it.
    From UTC the zone's offsets since 2000 are written out, which is 6 to 20 times faster than
    asking the calendar library for each of some million rows. From elsewhere it is asked, and where
    the deployment does not tell them: dbt's own pytz has them too, but its sandbox hides them.
-#}
{% macro to_local(timestamp, from_zone='UTC') -%}
    {%- set offsets = var('utc_offsets', []) -%}
    {%- if from_zone == var('time_zone') -%}
    {{ timestamp }}
    {%- elif from_zone == 'UTC' and offsets -%}
    {{ timestamp }} + case
        {%- for changed_at, seconds in offsets[1:] | reverse %}
        when {{ timestamp }} >= timestamp '{{ changed_at }}' then to_seconds({{ seconds }})
        {%- else %}
        when true then to_seconds({{ offsets[0][1] }})
        {%- endfor %}
        else to_seconds({{ offsets[0][1] }})
    end
    {%- else -%}
    timezone('{{ var("time_zone") }}', timezone('{{ from_zone }}', {{ timestamp }}))
    {%- endif -%}
{%- endmacro %}

{#-
    Why a row cannot be read, or null. `checks` is a list of (raw, parsed, name): the row is
    rejected for the first raw value that is there while its parsed value is null.
-#}
{% macro first_failed(checks) -%}
    case
        {%- for raw, parsed, name in checks %}
        when {{ parsed }} is null and {{ raw }} is not null and cast({{ raw }} as varchar) != ''
            then 'unreadable {{ name }}: ' || cast({{ raw }} as varchar)
        {%- endfor %}
    end
{%- endmacro %}
