{#-
    Reasons and warnings as sentences: those of seeds/feature_catalogue.csv and
    seeds/warning_catalogue.csv with the customer's figures, formatted as in seeds/reason_words.csv
    for the deployment's language.
-#}

{#- SQL of a pattern such as 'No order for {days} days', from the SQL of each placeholder. -#}
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

{#- Gaps from which a mean gap is called usual: one or two gaps are no habit. -#}
{% macro usual_gaps() -%}
    {{ return(3) }}
{%- endmacro %}

{#- Figures of sentences that are means of gaps, so unknown below usual_gaps() gaps. -#}
{% macro gap_figures() -%}
    {{ return(['mean_gap_days', 'recent_gap_days', 'gap_days_stddev', 'overdue_ratio']) }}
{%- endmacro %}

{#-
    SQL of a placeholder such as 'spent:money', which writes the column of `row` in the language.
-#}
{% macro written(placeholder, row, words) -%}
    {%- set column = row ~ '.' ~ placeholder.split(':')[0] -%}
    {%- set format = placeholder.split(':')[1] if ':' in placeholder else 'rounded' -%}
    {%- if placeholder.split(':')[0] in gap_figures() -%}
        {%- set column = 'case when ' ~ row ~ '.purchase_days_lifetime > ' ~ usual_gaps() ~ ' then '
            ~ column ~ ' end' -%}
    {%- endif -%}
    {%- set whole = "cast(cast(round(" ~ column ~ ") as bigint) as varchar)" -%}
    {%- if format == 'rounded' -%}
        {%- set sql = whole -%}
    {%- elif format == 'days' -%}
        {%- set sql = "case round(" ~ column ~ ") when 1 then '" ~ words['one_day'] ~ "' else "
            ~ filled(words['days'], {'number': whole}) ~ " end" -%}
    {%- elif format in ['1', '2'] -%}
        {%- set number = "printf('%." ~ format ~ "f', " ~ column ~ ")" -%}
        {%- set sql = "replace(replace(" ~ number ~ ", '.', '" ~ words['decimal_point'] ~ "'), '-', '−')" -%}
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
    SQL of a sentence of the catalogue over the columns of `row`; null where one of them is null.
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
    Sentence named by `name` in a catalogue (the seed `catalogue` with a column `key` and the
    sentences in <kind>_<language>), with the figures of `row`. Where a figure of the second
    sentence is unknown, the first stands alone. Where a figure of the first is unknown, the text is
    null. The language is the deployment's unless one is given.
-#}
{% macro catalogue_text(catalogue, key, kind, name, row, language=none) -%}
    {%- set language = language or var('language') -%}
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

{#- Reason of the feature named by `feature` for the customer of `row`. -#}
{% macro reason_text(feature, row, language=none) -%}
    {{ catalogue_text('feature_catalogue', 'feature', 'reason', feature, row, language) }}
{%- endmacro %}

{#-
    Reasons of the customers of `scores`, a query with reason_feature_1 to reason_feature_3, as a
    query of one row per customer and date: the texts in their order (`reasons`) and, on request, the
    figures in them (`figures`). A reason with an unknown number has no text, and the next reason
    takes its place. `features` has the customers' figures.

    One row per reason: a lambda over the list of reasons would copy every column of `features` for
    each of them, and costs three times as much (2.6 and 0.8 CPU s at 20,000 customers).
-#}
{% macro reasons_of(scores, features, language=none, with_figures=false) -%}
    select
        customer_id,
        snapshot_date,
        list_filter(
            [
                {%- for place in [1, 2, 3] %}
                any_value(reason) filter (place = {{ place }}){{ ',' if not loop.last }}
                {%- endfor %}
            ],
            lambda reason: reason is not null
        ) as reasons
        {%- if with_figures %},
        list_sort(list_distinct(flatten([
            {%- for place in [1, 2, 3] %}
            coalesce(any_value(figures) filter (place = {{ place }}), []){{ ',' if not loop.last }}
            {%- endfor %}
        ]))) as figures
        {%- endif %}
    from (
        select
            scores.customer_id,
            scores.snapshot_date,
            scores.place,
            {{ reason_text('scores.feature', 'features', language) }} as reason
            {%- if with_figures %},
            {{ reason_figures('scores.feature', 'features') }} as figures
            {%- endif %}
        from (
            select
                customer_id,
                snapshot_date,
                unnest([1, 2, 3]) as place,
                unnest([reason_feature_1, reason_feature_2, reason_feature_3]) as feature
            from {{ scores }}
        ) as scores
        inner join {{ features }} as features using (customer_id, snapshot_date)
    ) as explained
    group by all
{%- endmacro %}

{#- Text of reason_1 where no known fact sets the customer apart. -#}
{% macro no_reason_text(language=none) -%}
    {%- set query = 'select text_' ~ (language or var('language')) ~ ' from ' ~ ref('reason_words')
        ~ " where word = 'no_reason'" -%}
    {%- for row in (run_query(query) if execute else []) -%}
    '{{ row[0].replace("'", "''") }}'
    {%- else -%}
    ''
    {%- endfor -%}
{%- endmacro %}

{#-
    Figures in that reason as members of a JSON object, such as '"sessions_30d": 2', in a list, so
    that a reader can compute the sentence again. Unknown figures are left out.
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

{#- Evidence of the warning of `row`, for the signal named by `signal`. -#}
{% macro evidence_text(signal, row) -%}
    {{ catalogue_text('warning_catalogue', 'signal', 'evidence', signal, row) }}
{%- endmacro %}

{#-
    Sentence on the company's day of `row` compared with the expected figure, for the metric
    `metric` and the customers of `segment`.
-#}
{% macro alarm_text(metric, segment, row) -%}
    {{ catalogue_text(
        'alarm_catalogue', "metric || ' ' || segment", 'evidence',
        '(' ~ metric ~ " || ' ' || " ~ segment ~ ')', row
    ) }}
{%- endmacro %}
