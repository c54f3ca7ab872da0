{#- What staging models share: reading text as values, and saying why a row cannot be read. -#}

{#- A timestamp from text in the first of `formats` (strptime) that fits; null where none does. -#}
{% macro try_timestamp(column, formats) -%}
    try_strptime({{ column }}, [{% for format in formats %}'{{ format }}'{{ ', ' if not loop.last }}{% endfor %}])
{%- endmacro %}

{#- A moment told in `from_zone`, as the wall clock of the deployment's time zone shows it. -#}
{% macro to_local(timestamp, from_zone='UTC') -%}
    {%- if from_zone == var('time_zone') -%}
    {{ timestamp }}
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
