{#-
    Check of a model's columns and types against its contract by one query. dbt's own check asks for
    both sides one after the other and compares them column by column in Jinja. It runs, and reports
    the difference, where this query finds one.
-#}
{% macro duckdb__get_assert_columns_equivalent(sql) %}
    {%- set columns = model['columns'].values() | list -%}
    {%- if config.get('sql_header') or not columns or columns | rejectattr('data_type') | list -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
    {%- set differences -%}
        select count(*)
        from (describe select * from ({{ sql }})) as query
        full join (
            describe select
            {%- for column in columns %}
                cast(null as {{ column.data_type }}) as "{{ column.name }}" {{- ',' if not loop.last }}
            {%- endfor %}
        ) as contract on lower(contract.column_name) = lower(query.column_name)
        where contract.column_type is distinct from query.column_type
    {%- endset -%}
    {%- if run_query(differences)[0][0] -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{% endmacro %}
