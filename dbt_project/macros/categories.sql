{#-
    A category as a number that is the same in every run, by which days and customers are joined
    in place of texts: of a thousand categories no two share one, but for once in 4,000 companies.
-#}
{% macro category_number(category) -%}
    cast(md5_number_lower({{ category }}) % 2147483647 as integer)
{%- endmacro %}

{#- The categories by their numbers; of two with one number the first by name. -#}
{% macro category_names() -%}
    select
        category_number,
        min(category) as category
    from {{ ref('int_categories') }}
    group by category_number
{%- endmacro %}
