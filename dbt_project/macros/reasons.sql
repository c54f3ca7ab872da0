{#-
    Texts of reasons and warnings: sentences of seeds/feature_catalogue.csv and
    seeds/warning_catalogue.csv with the customer's numbers. Number formats of the deployment's
    language come from seeds/reason_words.csv.
-#}

{#-
    Returns SQL that fills a pattern such as 'No order for {days} days', given the SQL of each
    placeholder.
-#}
{% macro filled(pattern, expressions) -%}
    {%- set parts = [] -%}
    {%- for piece in pattern.split('{') -%}
        {%- set literal = piece if loop.first else piece.split('}')[1] -%}
        {%- if not loop.first -%}
            {%- do parts.append(expressions[piece.split('}')[0]]) -%}
        {%- endif -%}
        {%- if literal -%}
            {%- do parts.append("'" ~ literal.replace("'", "''") ~ "'") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts | join(' || ')) }}
{%- endmacro %}

{#-
    Returns SQL that formats a placeholder such as 'spent:money' from a column of `row` in the
    language.
-#}
{% macro written(placeholder, row, words) -%}
    {%- set column = row ~ '.' ~ placeholder.split(':')[0] -%}
    {%- set format = placeholder.split(':')[1] if ':' in placeholder else 'rounded' -%}
    {%- if format == 'rounded' -%}
        {%- set sql = "cast(cast(round(" ~ column ~ ") as bigint) as varchar)" -%}
    {%- elif format in ['1', '2'] -%}
        {%- set number = "printf('%." ~ format ~ "f', " ~ column ~ ")" -%}
        {%- set sql = "replace(" ~ number ~ ", '.', '" ~ words['decimal_point'] ~ "')" -%}
    {%- elif format == '%' -%}
        {%- set number = "cast(cast(round(100 * " ~ column ~ ") as bigint) as varchar)" -%}
        {%- set sql = filled(words['percentage'], {'number': number}) -%}
    {%- elif format == 'money' -%}
        {%- set grouped = "format('{:,}', cast(round(" ~ column ~ ") as bigint))" -%}
        {%- set number = "replace(" ~ grouped ~ ", ',', '" ~ words['thousands_separator'] ~ "')" -%}
        {%- set currency = "'" ~ var('currency') ~ "'" -%}
        {%- set sql = filled(words['money'], {'number': number, 'currency': currency}) -%}
    {%- elif format == 'text' -%}
        {%- set sql = "cast(" ~ column ~ " as varchar)" -%}
    {%- elif format == 'yes_no' -%}
        {%- set sql = "case " ~ column ~ " when true then '" ~ words['yes'] ~ "' when false then '"
            ~ words['no'] ~ "' end" -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("a reason has the unknown format " ~ placeholder) }}
    {%- endif -%}
    {{ return("(" ~ sql ~ ")") }}
{%- endmacro %}

{#-
    Returns a catalogue sentence as SQL over the columns of `row`; null where any of them is null.
-#}
{% macro sentence(template, row, words) -%}
    {%- set expressions = {} -%}
    {%- for piece in template.split('{')[1:] -%}
        {%- set placeholder = piece.split('}')[0] -%}
        {%- do expressions.update({placeholder: written(placeholder, row, words)}) -%}
    {%- endfor -%}
    {{ return(filled(template, expressions)) }}
{%- endmacro %}

{#-
    Returns the sentence of row `name` of a catalogue, with the numbers of `row`. The catalogue is
    the seed `catalogue`, with a column `key` and the sentences in <kind>_<language>. Where a number
    of the second sentence is unknown, only the first sentence is returned. Where a number of the
    first sentence is unknown, the text is null.
-#}
{% macro catalogue_text(catalogue, key, kind, name, row) -%}
    {%- set language = var('language') -%}
    {%- set words = {} -%}
    {%- set word_query = 'select word, text_' ~ language ~ ' from ' ~ ref('reason_words') -%}
    {%- set catalogue_query = 'select ' ~ key ~ ', ' ~ kind ~ '_' ~ language ~ ' from '
        ~ ref(catalogue) ~ ' order by ' ~ key -%}
    {%- for word, text in (run_query(word_query) if execute else []) -%}
        {%- do words.update({word: text}) -%}
    {%- endfor -%}
    case {{ name }}
        {%- for known_name, template in (run_query(catalogue_query) if execute else []) %}
        {%- set parts = template.split('; ') %}
        {%- set first = sentence(parts[0], row, words) %}
        when '{{ known_name }}'
            then
                {%- if parts | length > 1 %}
                {%- set second = sentence(parts[1], row, words) %}
                coalesce(
                    {{ filled(words['two_sentences'], {'first': first, 'second': second}) }},
                    {{ first }}
                )
                {%- else %}
                {{ first }}
                {%- endif %}
        {%- else %}
        when '' then ''
        {%- endfor %}
    end
{%- endmacro %}

{#- Returns the reason text of the feature named by `feature` for the customer of `row`. -#}
{% macro reason_text(feature, row) -%}
    {{ catalogue_text('feature_catalogue', 'feature', 'reason', feature, row) }}
{%- endmacro %}

{#-
    Returns a list of the numbers in the reason as members of a JSON object, such as
    '"sessions_30d": 2'. A reader can verify the sentence with these numbers. Unknown numbers are
    omitted.
-#}
{% macro reason_figures(feature, row) -%}
    {%- set query = 'select feature, reason_' ~ var('language') ~ ' from '
        ~ ref('feature_catalogue') ~ ' order by feature' -%}
    case {{ feature }}
        {%- for name, template in (run_query(query) if execute else []) %}
        {%- set members = [] %}
        {%- for piece in template.split('{')[1:] %}
            {%- set column = piece.split('}')[0].split(':')[0] %}
            {%- set value = row ~ '.' ~ column %}
            {%- if piece.split('}')[0].endswith(':text') %}
                {%- set value = 'to_json(' ~ value ~ ')' %}
            {%- endif %}
            {%- do members.append("'\"" ~ column ~ "\": ' || cast(" ~ value ~ " as varchar)") %}
        {%- endfor %}
        when '{{ name }}' then [{{ members | unique | join(', ') }}]
        {%- else %}
        when '' then ['']
        {%- endfor %}
    end
{%- endmacro %}

{#- Returns the evidence text of the warning of `row`, whose signal is named by `signal`. -#}
{% macro evidence_text(signal, row) -%}
    {{ catalogue_text('warning_catalogue', 'signal', 'evidence', signal, row) }}
{%- endmacro %}

{#-
    Returns the alarm text of the day of `row`: observed and expected value of the metric named by
    `metric` for the segment named by `segment`.
-#}
{% macro alarm_text(metric, segment, row) -%}
    {{ catalogue_text(
        'alarm_catalogue', "metric || ' ' || segment", 'evidence',
        '(' ~ metric ~ " || ' ' || " ~ segment ~ ')', row
    ) }}
{%- endmacro %}
