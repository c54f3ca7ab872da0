{#- Times from text in staging models. docs/reading_values.md has examples. -#}

{#-
    A time as a timestamp of the deployment's time zone; null if unreadable, or not between the
    variables plausible_from and plausible_until. Columns of any type are read through their text,
    so that the time zone of the session has no effect.

    An offset (Z, +02, +0200, +02:00) is honoured. A time without one is a time of `zone`, by default
    the source's `time_zone` in the configuration, or UTC. A day without a time is a day of the
    deployment's calendar. `order` is 'day_first' or 'month_first',
    for 3/7/2026; without it such a text is null. A year of two digits is the first year since
    plausible_from that ends in them. Numbers are seconds, milliseconds, microseconds or nanoseconds
    since 1970, by their size. `formats` are further forms, read before the others: formats of
    strptime, or 'excel_serial' for days since 1899-12-30.

    The branches before any_timestamp read the forms of most files without a regular expression,
    which is three to ten times faster. The offsets of the time zone are compiled once: the size of
    the query counts too, because views are planned several times a day.
-#}
{% macro read_timestamp(column, zone=none, formats=none, order=none) -%}
    {%- set text = 'cast(' ~ column ~ ' as varchar)' -%}
    {%- set zone = zone or source_zone() -%}
    {%- set formats = [formats] if formats is string else (formats or []) -%}
    {%- set is_year = text ~ " >= '" ~ var('plausible_from')[:4] ~ "' and " ~ text ~ " < '" ~ var('plausible_until')[:4] ~ "'" -%}
    {%- set utc -%}
        case
            {%- if zone == 'UTC' %}
            when {{ text }} like '____-__-_____:__:__' then try_cast({{ text }} as timestamp)
            {%- endif %}
            when {{ text }} like '____-__-_____:__:__Z' or {{ text }} like '____-__-_____:__:__.___Z'
                then try_cast({{ text }} as timestamp)
            when {{ text }} like '____-__-_____:__:__+__:__' or {{ text }} like '____-__-_____:__:__-__:__'
                then timezone('UTC', try_cast({{ text }} as timestamp with time zone))
            {{- epoch_branches(text) }}
        end
    {%- endset -%}
    {%- set readings = [
        let('utc', utc, 'case when ' ~ is_plausible('utc') ~ ' then ' ~ from_utc('utc') ~ ' end'),
        any_timestamp(text, zone, order),
    ] -%}
    {%- if order -%}
        {%- do readings.insert(0, ordered_timestamp(text, zone, order)) -%}
    {%- endif -%}
    {%- if formats -%}
        {%- do readings.insert(0, formatted_timestamp(text, zone, formats)) -%}
    {%- endif -%}
    {%- if formats -%}
    coalesce({{ readings | join(', ') }})
    {%- else -%}
    case
        when {{ text }} like '____-__-__' and {{ is_year }} then try_cast({{ text }} as timestamp)
        {%- if zone == var('time_zone') %}
        when {{ text }} like '____-__-_____:__:__' and {{ is_year }} then try_cast({{ text }} as timestamp)
        {%- endif %}
        else coalesce({{ readings | join(', ') }})
    end
    {%- endif -%}
{%- endmacro %}

{#-
    A day or time with its day before or after its month and four digits of a year: 3/7/2026,
    03.07.2026 10:30, 3-7-2026 10:30:15. Each shape has one format, because DuckDB takes a
    microsecond for a format that does not fit.
-#}
{% macro ordered_timestamp(text, zone, order) -%}
    {%- set day = '%d/%m/%Y' if order == 'day_first' else '%m/%d/%Y' -%}
    {%- set slashed = 'translate(' ~ text ~ ", '.-', '//')" -%}
    {%- set plain = "case when " ~ is_plausible('moment') ~ ' then moment end' -%}
    {%- set zoned = "case when " ~ is_plausible('moment') ~ ' then ' ~ by_calendar('moment', zone) ~ ' end' -%}
    {%- set time -%}
        case
            when {{ text }} like '%:%:%' then try_strptime({{ slashed }}, '{{ day }} %H:%M:%S')
            else try_strptime({{ slashed }}, '{{ day }} %H:%M')
        end
    {%- endset -%}
    case
        when {{ text }} like '%:%' then {{ let('moment', time, zoned) }}
        when length({{ text }}) between 8 and 10
            then {{ let('moment', 'try_strptime(' ~ slashed ~ ", '" ~ day ~ "')", plain) }}
    end
{%- endmacro %}

{#- The time zone that the configuration declares for the source of the staging model, or UTC. -#}
{% macro source_zone() -%}
    {%- set source_name = model.name.split('__')[0].partition('_')[2] -%}
    {{- return(var('source_time_zones', {}).get(source_name, 'UTC')) -}}
{%- endmacro %}

{#- An expression with a name for `value`, which is evaluated once however often it is named. -#}
{% macro let(name, value, expression) -%}
    list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}

{#- True if a timestamp is at or after plausible_from and before plausible_until. -#}
{% macro is_plausible(timestamp) -%}
    ({{ timestamp }} >= timestamp '{{ var("plausible_from") }}' and {{ timestamp }} < timestamp '{{ var("plausible_until") }}')
{%- endmacro %}

{#-
    Branches of a CASE that read UTC from a number since 1970. The ranges of the units do not
    overlap: times from March 1973 to 2100 have 9 or 10 digits in seconds, and 3, 6 or 9 digits more
    in the other units.
-#}
{% macro epoch_branches(text) -%}
    {%- set number = 'try_cast(' ~ text ~ ' as bigint)' -%}
    {%- for unit, factor in {1000: ' * 1000', 1: ' * 1000000', 1000000: '', 1000000000: ' // 1000'}.items() %}
            when
                {{ number }} between {{ 100000000 * unit }} and {{ 4102444799 * unit }}
                and (
                    ({{ text }} not like '%.%' and length({{ text }}) >= {{ (100000000 * unit) | string | length }})
                    or regexp_full_match({{ text }}, '\s*\d+([.]0*)?\s*')
                )
                then make_timestamp({{ number }}{{ factor }})
    {%- endfor %}
            when {{ number }} between 100000000 and 4102444799 and regexp_full_match({{ text }}, '\s*\d+[.]\d+\s*')
                then make_timestamp(cast(round(try_cast({{ text }} as double) * 1000000) as bigint))
{%- endmacro %}

{#-
    A time from its parts, in any form that read_timestamp knows but for numbers: year, month and
    day in the order of `order`, a clock of 24 or twice 12 hours, a fraction, an offset of at most
    14 hours.
-#}
{% macro any_timestamp(text, zone, order) -%}
    {%- set pattern -%}
        ^(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:(?:T|,?\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([AaPp])[.]?[Mm][.]?)?)?\s*(Z|z|UTC|GMT)?(?:([+-])(0\d|1[0-4]):?([0-5]\d)?)?$
    {%- endset -%}
    {%- set names = ['a', 'b', 'c', 'hour', 'minute', 'second', 'fraction', 'half', 'utc', 'sign', 'hours', 'minutes'] -%}
    {%- set part = "regexp_extract(given, '" ~ pattern ~ "', " ~ text_list(names) ~ ")" -%}
    {#- 20260329, 20260329T101500Z -#}
    {%- set given -%}
        regexp_replace(
            regexp_replace(trim(replace({{ numbered_month(text) }}, chr(160), ' '), e' \t\r\n'), '^(\d{4})(\d\d)(\d\d)(T?\d{6}Z?)?$', '\1-\2-\3 \4'),
            '-(\d\d) T?(\d\d)(\d\d)(\d\d)', '-\1 \2:\3:\4'
        )
    {%- endset -%}
    {%- set first_year = var('plausible_from')[:4] | int -%}
    {%- set month_and_day = "part['b'] || '-' || part['a']" if order == 'day_first' else "part['a'] || '-' || part['b']" -%}
    {%- set moment -%}
        try_cast(
            case
                when length(part['a']) = 4 then part['a'] || '-' || part['b'] || '-' || part['c']
                {%- if order %}
                when length(part['a']) <= 2 and length(part['c']) = 4
                    then part['c'] || '-' || {{ month_and_day }}
                when length(part['a']) <= 2 and length(part['c']) = 2
                    then ({{ first_year }} + (try_cast(part['c'] as integer) + {{ 100 - first_year % 100 }}) % 100)
                    || '-' || {{ month_and_day }}
                {%- endif %}
            end
            || case
                when part['hour'] = '' then ''
                when part['half'] = '' then ' ' || part['hour']
                when try_cast(part['hour'] as integer) between 1 and 12
                    then ' ' || (try_cast(part['hour'] as integer) % 12 + case when lower(part['half']) = 'p' then 12 else 0 end)
            end
            || case when part['hour'] = '' then '' else ':' || part['minute'] || ':' || lpad(part['second'], 2, '0') end
            || case when part['fraction'] = '' then '' else '.' || part['fraction'] end
            as timestamp
        )
    {%- endset -%}
    {%- set minutes = "(coalesce(try_cast(part['hours'] as integer), 0) * 60 + coalesce(try_cast(part['minutes'] as integer), 0))" -%}
    {%- set utc -%}
        case when part['sign'] = '-' then moment + to_minutes({{ minutes }}) else moment - to_minutes({{ minutes }}) end
    {%- endset -%}
    {%- set local -%}
        case
            when not {{ is_plausible('moment') }} then null
            when part['utc'] = '' and part['sign'] = '' and part['hour'] = '' then moment
            {%- if zone != 'UTC' %}
            when part['utc'] = '' and part['sign'] = '' then {{ by_calendar('moment', zone) }}
            {%- endif %}
            else {{ let('utc', utc, by_calendar('utc')) }}
        end
    {%- endset -%}
    {{ let('given', given, let('part', part, let('moment', moment, local))) }}
{%- endmacro %}

{#-
    A text with the English name of a month, such as Dec 3, 2025 or Wed, 03 Dec 2025 10:15:00 GMT, as
    year, month and day in numbers; any other text as it is. Of a month that is named, day and year
    need no declared order.
-#}
{% macro numbered_month(text) -%}
    {%- set pattern -%}
        (?i)^\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]?\s+)?(?:(\d{1,2})(?:st|nd|rd|th|[.])?(?:\s+|-|/))?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[.]?(?:,?\s+|-|/)(?:(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+))?(\d{4}|\d{2})(?:,?\s+(?:at\s+)?(.*?))?(?:\s*\([a-z ]+\))?\s*$
    {%- endset -%}
    {%- set first_year = var('plausible_from')[:4] | int -%}
    {%- set year -%}
        case
            when length(named['year']) = 4 then named['year']
            else cast({{ first_year }} + (try_cast(named['year'] as integer) + {{ 100 - first_year % 100 }}) % 100 as varchar)
        end
    {%- endset -%}
    {%- set month = "(strpos('janfebmaraprmayjunjulaugsepoctnovdec', lower(named['month'])) + 2) // 3" -%}
    case
        when regexp_matches({{ text }}, '[A-Za-z]{3}') then {{ let(
            'named', "regexp_extract(" ~ text ~ ", '" ~ pattern ~ "', " ~ text_list(['before', 'month', 'after', 'year', 'time']) ~ ")",
            "case when named['month'] = '' or (named['before'] = '') = (named['after'] = '') then " ~ text
            ~ " else trim(" ~ year ~ " || '-' || " ~ month ~ " || '-' || named['before'] || named['after'] || ' ' || named['time']) end",
        ) }}
        else {{ text }}
    end
{%- endmacro %}

{#-
    A time in the first of `formats` that fits. Formats with %z have an offset, formats without an
    hour are days of the deployment's calendar, and other formats are times of `zone`.
-#}
{% macro formatted_timestamp(text, zone, formats) -%}
    {%- set found = {'days': [], 'times': [], 'offsets': []} -%}
    {%- for format in formats if format != 'excel_serial' -%}
        {%- set kind = 'offsets' if '%z' in format else 'times' if '%H' in format or '%I' in format else 'days' -%}
        {%- do found[kind].append(format) -%}
    {%- endfor -%}
    {%- set texts = [] -%}
    {%- if found.days -%}
        {%- do texts.append(let(
            'moment', 'try_strptime(' ~ text ~ ', ' ~ text_list(found.days) ~ ')',
            'case when ' ~ is_plausible('moment') ~ ' then moment end',
        )) -%}
    {%- endif -%}
    {%- if found.times -%}
        {%- do texts.append(let(
            'moment', 'try_strptime(' ~ text ~ ', ' ~ text_list(found.times) ~ ')',
            'case when ' ~ is_plausible('moment') ~ ' then ' ~ by_calendar('moment', zone) ~ ' end',
        )) -%}
    {%- endif -%}
    {%- if found.offsets -%}
        {%- do texts.append(let(
            'moment', "timezone('UTC', try_strptime(" ~ text ~ ', ' ~ text_list(found.offsets) ~ '))',
            'case when ' ~ is_plausible('moment') ~ ' then ' ~ by_calendar('moment') ~ ' end',
        )) -%}
    {%- endif -%}
    {%- if 'excel_serial' in formats -%}
        {#- Rounded to the millisecond, below which a serial date is noise of its arithmetic. -#}
        {%- set serial = "timestamp '1899-12-30' + to_milliseconds(cast(round(try_cast(" ~ text ~ " as double) * 86400000) as bigint))" -%}
        {%- do texts.append(
            "case when " ~ is_excel_serial(text) ~ " then " ~ let(
                'moment', serial,
                'case when moment = date_trunc(\'day\', moment) then moment else ' ~ by_calendar('moment', zone) ~ ' end',
            ) ~ ' end'
        ) -%}
    {%- endif -%}
    coalesce({{ texts | join(', ') }})
{%- endmacro %}

{#- True if a text is a number of days since 1899-12-30 between plausible_from and plausible_until. -#}
{% macro is_excel_serial(text) -%}
    {%- set day = modules.datetime.date.fromisoformat -%}
    {%- set first, last = (day(var('plausible_from')) - day('1899-12-30')).days, (day(var('plausible_until')) - day('1899-12-30')).days -%}
    (regexp_full_match({{ text }}, '\s*\d{5}(\.\d+)?\s*') and try_cast({{ text }} as double) >= {{ first }} and try_cast({{ text }} as double) < {{ last }})
{%- endmacro %}

{#- Texts as a list in SQL. -#}
{% macro text_list(texts) -%}
    [{% for text in texts %}'{{ text }}'{{ ', ' if not loop.last }}{% endfor %}]
{%- endmacro %}

{#-
    A column as a timestamp of the deployment's time zone. For columns that are timestamps already
    (Parquet, databases): a timestamp with a time zone counts as its moment, one without is a time
    of `zone`, by default the source's `time_zone` in the configuration, or UTC, and a date is a day
    of the deployment's calendar. A text is read by read_timestamp. DuckDB knows the type when it
    plans the query, so that the other branches cost nothing on the rows.
-#}
{% macro to_local(column, zone=none) -%}
    {%- set zone = zone or source_zone() -%}
    case typeof({{ column }})
        when 'VARCHAR' then {{ read_timestamp(column, zone=zone) }}
        when 'DATE' then try_cast({{ column }} as timestamp)
        when 'TIMESTAMP WITH TIME ZONE'
            then {{ from_utc("timezone('UTC', try_cast(cast(" ~ column ~ ' as varchar) as timestamp with time zone))') }}
        {%- set moment = 'try_cast(' ~ column ~ ' as timestamp)' %}
        else {{ from_utc(moment) if zone == 'UTC' else by_calendar(moment, zone) }}
    end
{%- endmacro %}

{#-
    A timestamp of UTC as a timestamp of the deployment's time zone. The zone's offsets since 2000
    are compiled into the query, which is 6 to 20 times faster on millions of rows than a look-up in
    the calendar library for each row. DuckDB's look-up is used where the variable utc_offsets is
    empty.
-#}
{% macro from_utc(timestamp) -%}
    {%- set offsets = var('utc_offsets', []) -%}
    {%- if offsets and var('time_zone') != 'UTC' -%}
    {{ timestamp }} + case
        -- No offset where the sum could leave the range of timestamps; such a time is implausible.
        when {{ timestamp }} >= timestamp '9999-01-01' or {{ timestamp }} < timestamp '0001-01-02' then to_seconds(0)
        {%- for changed_at, seconds in offsets[1:] | reverse %}
        when {{ timestamp }} >= timestamp '{{ changed_at }}' then to_seconds({{ seconds }})
        {%- endfor %}
        else to_seconds({{ offsets[0][1] }})
    end
    {%- else -%}
    {{ by_calendar(timestamp) }}
    {%- endif -%}
{%- endmacro %}

{#- The same by DuckDB's look-up in the calendar library: a short query. -#}
{% macro by_calendar(timestamp, from_zone='UTC') -%}
    {%- if from_zone == var('time_zone') -%}
    {{ timestamp }}
    {%- else -%}
    case
        when {{ timestamp }} < timestamp '9999-01-01' and {{ timestamp }} >= timestamp '0001-01-02'
            then timezone('{{ var("time_zone") }}', timezone('{{ from_zone }}', {{ timestamp }}))
        else {{ timestamp }}
    end
    {%- endif -%}
{%- endmacro %}
