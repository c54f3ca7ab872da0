{#-
    Bounds of figures. DuckDB's `greatest` and `least` ignore nulls: greatest(null, 1) is 1, and an
    unknown figure would become a known one. With these macros an unknown figure stays unknown. A test
    refuses `greatest` and `least` of a number elsewhere.
-#}
{% macro at_least(figure, bound) -%}
    case when {{ figure }} is not null then greatest({{ figure }}, {{ bound }}) end
{%- endmacro %}

{% macro at_most(figure, bound) -%}
    case when {{ figure }} is not null then least({{ figure }}, {{ bound }}) end
{%- endmacro %}
