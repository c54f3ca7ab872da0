{#-
    Macros of staging models: times, amounts and ids from text, and the reasons of rejected rows and
    lost fields. A value that a macro cannot read without guessing is null. docs/reading_values.md
    has examples of each.
-#}

{#-
    A time as a timestamp of the deployment's time zone; null if unreadable, or not between the
    variables plausible_from and plausible_until. Columns of any type are read through their text,
    so that the time zone of the session has no effect.

    An offset (Z, +02, +0200, +02:00) is honoured. A time without one is a time of `zone`, and a day
    without a time is a day of the deployment's calendar. `order` is 'day_first' or 'month_first',
    for 3/7/2026; without it such a text is null. A year of two digits is the first year since
    plausible_from that ends in them. Numbers are seconds, milliseconds, microseconds or nanoseconds
    since 1970, by their size. `formats` are further forms, read before the others: formats of
    strptime, or 'excel_serial' for days since 1899-12-30.

    The first branches read the forms of most files without a regular expression, and the offset of
    the deployment's time zone from their text, at the cost of a plain cast.
-#}
{% macro read_timestamp(column, zone=none, formats=none, order=none) -%}
    {%- set text = 'cast(' ~ column ~ ' as varchar)' -%}
    {%- set zone = zone or 'UTC' -%}
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
        let('utc', utc, 'case when ' ~ is_plausible('utc') ~ ' then ' ~ to_local('utc') ~ ' end'),
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
        {%- elif zone == 'UTC' and var('utc_offsets') %}
        when {{ text }} like '____-__-__ __:__:__' and {{ is_year }}
            then try_cast({{ text }} as timestamp) + {{ utc_offset(text, ' ') }}
        {%- endif %}
        {%- if var('utc_offsets') %}
        when {{ text }} like '____-__-__T__:__:__Z' and {{ is_year }}
            then try_cast({{ text }} as timestamp) + {{ utc_offset(text, 'T') }}
        {%- endif %}
        else coalesce({{ readings | join(', ') }})
    end
    {%- endif -%}
{%- endmacro %}

{#-
    The deployment's offset from UTC at a moment in UTC: a timestamp, or a text of the form
    2026-03-29T00:30:00 with `mark` between day and clock, whose order is that of time.
-#}
{% macro utc_offset(moment, mark=none) -%}
    {%- set offsets = var('utc_offsets') -%}
    case
        {%- if not mark %}
        -- No offset where the sum could leave the range of timestamps; such a time is implausible.
        when {{ moment }} >= timestamp '9999-01-01' or {{ moment }} < timestamp '0001-01-02' then to_seconds(0)
        {%- endif %}
        {%- for changed_at, seconds in offsets[1:] | reverse %}
        when {{ moment }} >= {{ "'" ~ changed_at.replace(' ', mark) if mark else "timestamp '" ~ changed_at }}' then to_seconds({{ seconds }})
        {%- else %}
        when true then to_seconds({{ offsets[0][1] }})
        {%- endfor %}
        else to_seconds({{ offsets[0][1] }})
    end
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
    {%- set zoned = "case when " ~ is_plausible('moment') ~ ' then ' ~ to_local('moment', zone) ~ ' end' -%}
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

{#- An expression with a name for `value`, which is evaluated once however often it is named. -#}
{% macro let(name, value, expression) -%}
    list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}

{#- Whether a timestamp is at or after plausible_from and before plausible_until. -#}
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
                and regexp_full_match({{ text }}, '\s*\d+([.]0*)?\s*')
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
            regexp_replace(trim(replace({{ text }}, chr(160), ' '), e' \t\r\n'), '^(\d{4})(\d\d)(\d\d)(T?\d{6}Z?)?$', '\1-\2-\3 \4'),
            '-(\d\d) T?(\d\d)(\d\d)(\d\d)', '-\1 \2:\3:\4'
        )
    {%- endset -%}
    {%- set first_year = var('plausible_from')[:4] | int -%}
    {%- set month_and_day = "part.b || '-' || part.a" if order == 'day_first' else "part.a || '-' || part.b" -%}
    {%- set moment -%}
        try_cast(
            case
                when length(part.a) = 4 then part.a || '-' || part.b || '-' || part.c
                {%- if order %}
                when length(part.a) <= 2 and length(part.c) = 4
                    then part.c || '-' || {{ month_and_day }}
                when length(part.a) <= 2 and length(part.c) = 2
                    then ({{ first_year }} + (try_cast(part.c as integer) + {{ 100 - first_year % 100 }}) % 100)
                    || '-' || {{ month_and_day }}
                {%- endif %}
            end
            || case
                when part.hour = '' then ''
                when part.half = '' then ' ' || part.hour
                when try_cast(part.hour as integer) between 1 and 12
                    then ' ' || (try_cast(part.hour as integer) % 12 + case when lower(part.half) = 'p' then 12 else 0 end)
            end
            || case when part.hour = '' then '' else ':' || part.minute || ':' || lpad(part.second, 2, '0') end
            || case when part.fraction = '' then '' else '.' || part.fraction end
            as timestamp
        )
    {%- endset -%}
    {%- set minutes = "(coalesce(try_cast(part.hours as integer), 0) * 60 + coalesce(try_cast(part.minutes as integer), 0))" -%}
    {%- set utc -%}
        case when part.sign = '-' then moment + to_minutes({{ minutes }}) else moment - to_minutes({{ minutes }}) end
    {%- endset -%}
    {%- set local -%}
        case
            when not {{ is_plausible('moment') }} then null
            when part.utc = '' and part.sign = '' and part.hour = '' then moment
            {%- if zone != 'UTC' %}
            when part.utc = '' and part.sign = '' then {{ to_local('moment', zone) }}
            {%- endif %}
            else {{ let('utc', utc, to_local('utc')) }}
        end
    {%- endset -%}
    {{ let('given', given, let('part', part, let('moment', moment, local))) }}
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
            'case when ' ~ is_plausible('moment') ~ ' then ' ~ to_local('moment', zone) ~ ' end',
        )) -%}
    {%- endif -%}
    {%- if found.offsets -%}
        {%- do texts.append(let(
            'moment', "timezone('UTC', try_strptime(" ~ text ~ ', ' ~ text_list(found.offsets) ~ '))',
            'case when ' ~ is_plausible('moment') ~ ' then ' ~ to_local('moment') ~ ' end',
        )) -%}
    {%- endif -%}
    {%- if 'excel_serial' in formats -%}
        {#- Rounded to the millisecond, below which a serial date is noise of its arithmetic. -#}
        {%- set serial = "timestamp '1899-12-30' + to_milliseconds(cast(round(try_cast(" ~ text ~ " as double) * 86400000) as bigint))" -%}
        {%- do texts.append(
            "case when " ~ is_excel_serial(text) ~ " then " ~ let(
                'moment', serial,
                'case when moment = date_trunc(\'day\', moment) then moment else ' ~ to_local('moment', zone) ~ ' end',
            ) ~ ' end'
        ) -%}
    {%- endif -%}
    coalesce({{ texts | join(', ') }})
{%- endmacro %}

{#- Whether a text is a number of days since 1899-12-30 between plausible_from and plausible_until. -#}
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
    A timestamp of `from_zone` as a timestamp of the deployment's time zone. From UTC, the zone's
    offsets since 2000 are compiled into the query, which is 6 to 20 times faster on millions of
    rows than a look-up in the calendar library for each row. DuckDB's look-up is used from other
    zones, and where the variable utc_offsets is empty. For columns of type timestamp; a text is
    read by read_timestamp.
-#}
{% macro to_local(timestamp, from_zone='UTC') -%}
    {%- set offsets = var('utc_offsets', []) -%}
    {%- if from_zone == var('time_zone') -%}
    {{ timestamp }}
    {%- elif from_zone == 'UTC' and offsets -%}
    {{ timestamp }} + {{ utc_offset(timestamp) }}
    {%- else -%}
    case
        when {{ timestamp }} < timestamp '9999-01-01' and {{ timestamp }} >= timestamp '0001-01-02'
            then timezone('{{ var("time_zone") }}', timezone('{{ from_zone }}', {{ timestamp }}))
        else {{ timestamp }}
    end
    {%- endif -%}
{%- endmacro %}

{#-
    An amount as decimal(18, 3), or with another `scale`; null if unreadable. `decimals` is the
    decimal mark of the file, '.' or ','. Known are a sign before or after, (12.00) for -12.00, a currency sign or code, and marks
    between groups of three digits: the other mark, spaces and apostrophes.

    Never rounded: a decimal beyond the scale makes the amount null, and so does a decimal that
    `currency` (an SQL expression of the ISO 4217 code) does not have. The noise of a spreadsheet's arithmetic
    (19.990000000000002) is no decimal. 12.125 in a file with decimal commas is null too: the one
    dot may group thousands or be a decimal point of another program. 1.000 has no such doubt where
    amounts have at most two decimals, and is 1000.
-#}
{% macro read_amount(column, decimals='.', currency=none, scale=3) -%}
    {%- set text = 'cast(' ~ column ~ ' as varchar)' -%}
    {%- set plain = text if decimals == '.' else 'replace(' ~ text ~ ", ',', '.')" -%}
    {%- set mark = '[.]' if decimals == '.' else ',' -%}
    {%- set amount -%}
        case
            when regexp_full_match({{ text }}, '-?\d{1,{{ 18 - scale }}}({{ mark }}\d{1,{{ scale }}})?')
                then try_cast({{ plain }} as decimal(18, {{ scale }}))
            else {{ any_amount(text, decimals, scale) }}
        end
    {%- endset -%}
    {%- if currency -%}
    {{ let(
        'money',
        "{'amount': " ~ amount ~ ", 'decimals': " ~ currency_decimals(currency) ~ "}",
        "case when coalesce(money.decimals, 3) >= 3 or money.amount = case money.decimals when 2 then round(money.amount, 2)"
        ~ " when 1 then round(money.amount, 1) else round(money.amount, 0) end then money.amount end",
    ) }}
    {%- else -%}
    {{ amount }}
    {%- endif -%}
{%- endmacro %}

{#- An amount with a sign, a currency and marks between its groups of digits. -#}
{% macro any_amount(text, decimals, scale) -%}
    {%- set space = '[\\s\\x{00A0}\\x{2007}\\x{2009}\\x{202F}]' -%}
    {%- set currency = '(?:[A-Z]{0,3}\\p{Sc}|[A-Z]{3}|kr[.]?|zł|Kč|Ft|Fr[.]?)' -%}
    {%- set point, other = ('[.]', ',') if decimals == '.' else (',', '[.]') -%}
    {%- set part -%}
        regexp_extract(
            replace({{ text }}, '−', '-'),
            '^{{ space }}*([(]?){{ space }}*([+-]?){{ space }}*{{ currency }}?{{ space }}*([+-]?){{ space }}*(\d*?|\d{1,3}(?:{{ other }}\d{3})+|\d{1,3}(?:[''’]\d{3})+|\d{1,3}(?:{{ space }}\d{3})+)(?:{{ point }}(\d+))?{{ space }}*([+-]?){{ space }}*{{ currency }}?{{ space }}*([)]?){{ space }}*$',
            ['opened', 'sign_1', 'sign_2', 'whole', 'fraction', 'sign_3', 'closed']
        )
    {%- endset -%}
    {%- set exact -%}
        try_cast(
            nullif(regexp_replace(part.whole, '\D', '', 'g') || '.' || part.fraction, '.')
            as decimal(38, 12)
        )
    {%- endset -%}
    {%- set amount -%}
        case
            when regexp_full_match(part.whole, '\d{1,3}{{ other }}\d{3}') and part.fraction = '' and right(part.whole, 3) != '000'
                then null
            -- At most one sign, or a pair of brackets.
            when length(part.sign_1 || part.sign_2 || part.sign_3) + length(part.opened || part.closed) / 2 not in (0, 1)
                then null
            when length(part.fraction) > 9 and abs(exact - round(exact, {{ scale }})) < 0.000001
                then try_cast(exact as decimal(18, {{ scale }}))
            when exact = round(exact, {{ scale }}) then try_cast(exact as decimal(18, {{ scale }}))
        end
        * case when '-' in (part.sign_1, part.sign_2, part.sign_3) or part.opened != '' then -1 else 1 end
    {%- endset -%}
    {{ let('part', part, 'cast(' ~ let('exact', exact, amount) ~ ' as decimal(18, ' ~ scale ~ '))') }}
{%- endmacro %}

{#-
    Decimals of a currency (ISO 4217), null if the code is unknown; letters of any case. The seed's
    columns get other names, so that `currency` may be a column of the same name.
-#}
{% macro currency_decimals(currency) -%}
    (
        select max(_iso_decimals)
        from (select currency as _iso_code, decimals as _iso_decimals from {{ ref('currencies') }})
        where _iso_code = upper(trim(cast({{ currency }} as varchar)))
    )
{%- endmacro %}

{#-
    An amount as decimal(18, 3) from a whole number of minor units (cents, yen, fils) and its
    currency, an SQL expression of the ISO 4217 code; null if either is unreadable.
-#}
{% macro from_minor_units(column, currency) -%}
    {%- set text = 'cast(' ~ column ~ ' as varchar)' -%}
    case {{ currency_decimals(currency) }}
        {%- for decimals, unit in {0: '1', 1: '0.1', 2: '0.01', 3: '0.001'}.items() %}
        when {{ decimals }}
            then try_cast(try_cast(regexp_extract({{ text }}, '^\s*(-?\d{1,15})([.]0*)?\s*$', 1) as decimal(15, 0)) * {{ unit }} as decimal(18, 3))
        {%- endfor %}
    end
{%- endmacro %}

{#-
    An id as text: 12345.0 of a spreadsheet or of a float column is 12345. Null if a program has
    damaged the id: a number in scientific notation (9.00719925474099E+17), a float of more than 15
    digits, an error of a formula (#N/A). Zeros that a spreadsheet removed before a number cannot be
    seen in one value.
-#}
{% macro read_id(column) -%}
    {%- set text = 'trim(cast(' ~ column ~ ' as varchar))' -%}
    case
        when regexp_full_match({{ text }}, '[+-]?\d{1,15}[.]0*') then split_part({{ text }}, '.', 1)
        when
            regexp_full_match(
                {{ text }}, '[+-]?\d+[.]0*|[+-]?\d+([.]\d*)?[eE][+]\d+|[+-]?\d[.]\d+[eE]\d+|#(N/A|REF!|VALUE!|NAME[?]|NUM!|NULL!|DIV/0!)'
            )
            then null
        else nullif({{ text }}, '')
    end
{%- endmacro %}

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

{#- Whether a raw value is not empty and its parsed value is null. -#}
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
