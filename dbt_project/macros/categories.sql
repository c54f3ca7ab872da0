{#-
    Hash of a category, equal in every run. Days and customers are joined by this number instead of
    by text. With a thousand categories a collision occurs in one of 4,000 companies.
-#}
{% macro category_number(category) -%}
    cast(md5_number_lower({{ category }}) % 2147483647 as integer)
{%- endmacro %}

{#-
    Returns the categories by number. Of two categories with one number, the first by name is
    returned.
-#}
{% macro category_names() -%}
    select
        category_number,
        min(category) as category
    from {{ ref('int_categories') }}
    group by category_number
{%- endmacro %}
