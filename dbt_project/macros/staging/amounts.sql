{#- Amounts and ids from text in staging models. docs/reading_values.md has examples. -#}

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
        "case when coalesce(money['decimals'], 3) >= 3 or money['amount'] = case money['decimals'] when 2 then round(money['amount'], 2)"
        ~ " when 1 then round(money['amount'], 1) else round(money['amount'], 0) end then money['amount'] end",
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
            nullif(regexp_replace(part['whole'], '\D', '', 'g') || '.' || part['fraction'], '.')
            as decimal(38, 12)
        )
    {%- endset -%}
    {%- set amount -%}
        case
            when regexp_full_match(part['whole'], '\d{1,3}{{ other }}\d{3}') and part['fraction'] = '' and right(part['whole'], 3) != '000'
                then null
            -- At most one sign, or a pair of brackets.
            when length(part['sign_1'] || part['sign_2'] || part['sign_3']) + length(part['opened'] || part['closed']) / 2 not in (0, 1)
                then null
            when length(part['fraction']) > 9 and abs(exact - round(exact, {{ scale }})) < 0.000001
                then try_cast(exact as decimal(18, {{ scale }}))
            when exact = round(exact, {{ scale }}) then try_cast(exact as decimal(18, {{ scale }}))
        end
        * case when '-' in (part['sign_1'], part['sign_2'], part['sign_3']) or part['opened'] != '' then -1 else 1 end
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

{#- The currency that an amount names beside its digits, such as USD or €; null if it names none. -#}
{% macro currency_of(column) -%}
    nullif(regexp_extract(cast({{ column }} as varchar), '([A-Z]{0,3}\p{Sc}|[A-Z]{3})', 1), '')
{%- endmacro %}

{#-
    The price of a piece with four decimals: the total of a line divided by its quantity, both as
    SQL such as read_amount gives. Null without a quantity, or with 0.
-#}
{% macro per_piece(amount, quantity) -%}
    try_cast(round(cast({{ amount }} as double) / nullif(cast({{ quantity }} as double), 0), 4) as decimal(18, 4))
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
    digits, an error of a formula (#N/A). The apostrophe by which a spreadsheet keeps a number as text
    is none of it. Zeros that a spreadsheet removed before a number cannot be
    seen in one value.
-#}
{% macro read_id(column) -%}
    {%- set text = 'ltrim(trim(cast(' ~ column ~ " as varchar)), '''')" -%}
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
