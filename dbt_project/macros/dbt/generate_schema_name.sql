{#-
    Custom schema without the target prefix: consumers read `marts.dim_customers`, not
    `main_marts.dim_customers`.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
