{#- Reasons in plain words, from the templates of seeds/feature_catalogue.csv. -#}

{#- A template such as 'No order for {days} days', as an expression over the columns of `row`. -#}
{% macro template_expression(template, row) -%}
    {%- set parts = [] -%}
    {%- for piece in template.split('{') -%}
        {%- if not loop.first -%}
            {%- set field = piece.split('}')[0] -%}
            {%- set column = row ~ '.' ~ field.split(':')[0] -%}
            {%- set format = field.split(':')[1] if ':' in field else '0' -%}
            {%- if format == 'text' -%}
                {%- do parts.append("cast(" ~ column ~ " as varchar)") -%}
            {%- elif format == '%' -%}
                {%- do parts.append("cast(cast(round(100 * " ~ column ~ ") as bigint) as varchar) || ' %'") -%}
            {%- elif format == 'money' -%}
                {%- do parts.append("'" ~ var('currency') ~ " ' || format('{:,}', cast(round(" ~ column ~ ") as bigint))") -%}
            {%- elif format == '1' -%}
                {%- do parts.append("printf('%.1f', " ~ column ~ ")") -%}
            {%- else -%}
                {%- do parts.append("cast(cast(round(" ~ column ~ ") as bigint) as varchar)") -%}
            {%- endif -%}
        {%- endif -%}
        {%- set literal = piece if loop.first else piece.split('}')[1] -%}
        {%- if literal -%}
            {%- do parts.append("'" ~ literal.replace("'", "''") ~ "'") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts | join(' || ')) }}
{%- endmacro %}

{#-
    The reason that the feature named by `feature` gives for the customer of `row`. Where a number
    of the sentence is unknown, the sentence ends before it; where the first one is, the reason
    says that nothing is known.
-#}
{% macro reason_text(feature, row) -%}
    {%- set seed = ref('feature_catalogue') -%}
    {%- set catalogue = run_query(
        'select feature, label, reason_' ~ var('language') ~ ' from ' ~ seed ~ ' order by feature'
    ) if execute else [] -%}
    case {{ feature }}
        {%- for name, label, template in catalogue %}
        {%- set sentences = template.split('; ') %}
        when '{{ name }}'
            then coalesce(
                {{ template_expression(template, row) }},
                {%- if sentences | length > 1 %}
                {{ template_expression(sentences[0], row) }},
                {%- endif %}
                'Nothing known of: {{ label }}'
            )
        {%- endfor %}
        {%- if not catalogue %}
        when '' then ''
        {%- endif %}
    end
{%- endmacro %}
