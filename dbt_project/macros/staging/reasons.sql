{#- Reasons of rejected rows and names of lost fields in staging models. -#}

{#-
    The reason why a row is rejected, or null. `checks` is a list of (raw, parsed, name) of required
    values: the reason names the first raw value that is not empty and whose parsed value is null.
-#}
{% macro first_failed(checks) -%}
    case
        {%- for raw, parsed, name in checks %}
        when {{ is_unread(raw, parsed) }}
            then {{ unread_reason(raw, parsed, name) }}
        {%- endfor %}
    end
{%- endmacro %}

{#-
    Names of the optional fields that are lost: not empty in the source and unreadable. `checks` is
    a list of (raw, parsed, canonical name). Null if no field is lost.
-#}
{% macro lost_fields(checks) -%}
    case
        when
            {%- for raw, parsed, name in checks %}
            {{ 'or ' if not loop.first }}({{ is_unread(raw, parsed) }})
            {%- endfor %}
            then list_filter(
                [
                    {%- for raw, parsed, name in checks %}
                    case when {{ is_unread(raw, parsed) }} then '{{ name }}' end{{ ',' if not loop.last }}
                    {%- endfor %}
                ],
                lambda name: name is not null
            )
    end
{%- endmacro %}

{#- True if a raw value is not empty and its parsed value is null. -#}
{% macro is_unread(raw, parsed) -%}
    {{ parsed }} is null and {{ raw }} is not null and trim(cast({{ raw }} as varchar)) != ''
{%- endmacro %}

{#-
    The reason of an unreadable value. A time outside the plausible interval, a number instead of a
    time and a serial date of a spreadsheet are named, because each is mended in another place.
-#}
{% macro unread_reason(raw, parsed, name) -%}
    {%- set text = 'cast(' ~ raw ~ ' as varchar)' -%}
    case
        when
            typeof({{ parsed }}) = 'TIMESTAMP'
            and (try_cast({{ text }} as timestamp) is not null or regexp_matches({{ text }}, '^\s*(-?\d{6,20}|0|0000-.*)\s*$'))
            then 'implausible '
        else 'unreadable '
    end
    || '{{ name }}: ' || {{ text }}
    || case when typeof({{ parsed }}) = 'TIMESTAMP' and {{ is_excel_serial(text) }} then ' (serial date of a spreadsheet)' else '' end
{%- endmacro %}
