{#-
    Columns of a tested model's key, from `grain` in the meta of its YAML. A test with a `where` gets a
    subquery, which contains the model's quoted name.
-#}
{% macro grain_of(tested) -%}
    {%- set found = [] -%}
    {%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if node.relation_name and node.relation_name in (tested | string) -%}
            {%- do found.extend(node.config.meta.grain) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- endif -%}
    {{ return(found or ['null']) }}
{%- endmacro %}
