{#-
    Statements that add columns of `types` ({column: type}) to the table of an older version, for a
    pre-hook: an incremental model reads its own earlier rows, in which they are null.
-#}
{% macro add_columns(types) -%}
    {%- for column, type in types.items() -%}
    alter table if exists {{ this }} add column if not exists {{ column }} {{ type }};
    {%- endfor -%}
{%- endmacro %}
