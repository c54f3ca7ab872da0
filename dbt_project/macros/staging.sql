{#- Macros of staging models: reading values from text, and the reason why a row is rejected. -#}

{#- A timestamp from text in the first of `formats` (strptime) that fits; null where none does. -#}
{% macro try_timestamp(column, formats) -%}
    try_strptime({{ column }}, [{% for format in formats %}'{{ format }}'{{ ', ' if not loop.last }}{% endfor %}])
{%- endmacro %}

{#-
    UTC from an ISO 8601 text with an offset, as APIs write it: 2026-06-30T14:00:00+02:00. A plain
    cast to a timestamp reads such a text too, and silently drops the offset.
-#}
{% macro iso_to_utc(column) -%}
    timezone('UTC', try_cast({{ column }} as timestamp with time zone))
{%- endmacro %}

{#-
    A timestamp from text with the day first: 3/7/2026, 03.07.2026 10:30, 3-7-2026 10:30:15. Null for
    a year without four digits, and for any other form.
-#}
{% macro day_first(column) -%}
    case
        when regexp_matches({{ column }}, '^\s*\d{1,2}([/.-])\d{1,2}[/.-]\d{4}(\D|$)')
            then {{ try_timestamp(
                "regexp_replace(trim(" ~ column ~ "), '[.-]', '/', 'g')",
                ['%d/%m/%Y', '%d/%m/%Y %H:%M', '%d/%m/%Y %H:%M:%S'],
            ) }}
    end
{%- endmacro %}

{#-
    An amount from text with a decimal comma: 1.234,56, 1 234,5 (any kind of space), -12,00,
    12,00-, 9,90 €, EUR 9,90. Separators between groups of three digits are dropped; null for any
    other form, so that 12.50 is not read as 1250.
-#}
{% macro decimal_comma(column, type='decimal(18, 2)') -%}
    {%- set currency = '(?:\\p{Sc}|[A-Z]{3})' -%}
    {%- set spaces = '[\\s\\x{00A0}\\x{2007}\\x{2009}\\x{202F}]' -%}
    {%- set plain -%}
        regexp_replace(
            replace({{ column }}, '−', '-'),
            '^{{ spaces }}*([+-]?){{ spaces }}*{{ currency }}?{{ spaces }}*([+-]?)(.*?)([+-]?){{ spaces }}*{{ currency }}?{{ spaces }}*$',
            '\1\2\4\3'
        )
    {%- endset -%}
    case
        when regexp_matches(
            {{ plain }},
            '^[+-]?(?:\d+|\d{1,3}(?:[.''’]\d{3})+|\d{1,3}(?:{{ spaces }}\d{3})+)(?:,\d+)?$'
        )
            then try_cast(
                replace(regexp_replace({{ plain }}, '[^0-9,+-]', '', 'g'), ',', '.') as {{ type }}
            )
    end
{%- endmacro %}

{#- A timestamp from milliseconds since 1970, as text; null outside the years 1 to 9999. -#}
{% macro try_epoch_ms(column) -%}
    case
        when try_cast({{ column }} as bigint) between -62135596800000 and 253402300799999
            then make_timestamp_ms(try_cast({{ column }} as bigint))
    end
{%- endmacro %}

{#-
    A timestamp of `from_zone` as a timestamp of the deployment's time zone. From UTC, the zone's
    offsets since 2000 are compiled into the query, which is 6 to 20 times faster on millions of
    rows than a look-up in the calendar library for each row. DuckDB's look-up is used from other
    zones, and where the variable utc_offsets is empty.
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
    The reason why a row is rejected, or null. `checks` is a list of (raw, parsed, name): the reason
    names the first raw value that is not empty and whose parsed value is null.
-#}
{% macro first_failed(checks) -%}
    case
        {%- for raw, parsed, name in checks %}
        when {{ parsed }} is null and {{ raw }} is not null and cast({{ raw }} as varchar) != ''
            then 'unreadable {{ name }}: ' || cast({{ raw }} as varchar)
        {%- endfor %}
    end
{%- endmacro %}
