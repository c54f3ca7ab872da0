{#-
    Descriptions of a relation and its columns as comments, in one statement. The columns of a contract
    exist, so dbt-duckdb's query for them is left out; without a contract dbt's own macro is used.
-#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- if not (config.persist_relation_docs() and config.persist_column_docs() and config.get('contract').enforced) -%}
        {{ return(default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
    {%- call statement('comments') %}
        comment on {{ relation.type }} {{ relation }} is $comment${{ model.description }}$comment$;
        {%- for column in model.columns.values() %}
        comment on column {{ relation }}."{{ column.name }}" is $comment${{ column.description }}$comment$;
        {%- endfor %}
    {%- endcall %}
{% endmacro %}
