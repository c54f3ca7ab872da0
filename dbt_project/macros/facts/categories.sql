{#-
    A category as a number that is the same in every run, by which days and customers are joined
    instead of by text. Among a thousand categories two share a number in one of 4,000 companies.
-#}
{% macro category_number(category) -%}
    cast(md5_number_lower({{ category }}) % 2147483647 as integer)
{%- endmacro %}

{#- Categories by number; if two share a number, the first by name. -#}
{% macro category_names() -%}
    select
        category_number,
        min(category) as category
    from {{ ref('int_categories') }}
    group by category_number
{%- endmacro %}
