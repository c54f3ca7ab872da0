{#-
    Incremental models in one transaction: the new rows go to a temporary table, the rows of their keys
    are deleted, and the new rows are inserted. dbt-duckdb's own materialisation reads the columns of
    both tables up to six times, for grants, indexes and changes of type that no model here has. The
    median model of the demo company takes 47 instead of 70 ms of CPU, and a day has 34 of them.
-#}

{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if runs_on_spark() -%}
        {{ return(build_on_spark()) }}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_python = model['language'] == 'python' -%}
    {%- set is_first = existing is none or existing.type != 'table' or should_full_refresh() -%}
    {%- if is_first and not is_python -%}
        {{ return(replace_in_place('table')) }}
    {%- endif -%}

    {%- set new_rows = this.incorporate(type='table') if is_first else new_rows_relation(is_python) -%}
    {%- if is_python %}
        {#- Python writes on a connection of its own, which commits at once. dbt lets it run only here. -#}
        {% do drop_left_over() %}
        {{ run_hooks(pre_hooks) if is_first }}
        {%- if is_first and existing is not none -%}
            {% do run_query('drop ' ~ existing.type ~ ' ' ~ existing) %}
        {%- endif -%}
        {% call statement('main' if is_first else 'new_rows', language='python') -%}
            {{ create_table_as(False, new_rows, compiled_code, 'python') }}
        {%- endcall %}
        {%- if is_first -%}
            {% do persist_docs(new_rows, model) %}
            {{ run_hooks(post_hooks) }}
            {{ adapter.commit() }}
            {% do adapter.cache_added(new_rows) %}
            {{ return({'relations': [new_rows]}) }}
        {%- endif -%}
    {%- endif %}

    {{ run_hooks(pre_hooks) }}
    {%- if not is_python %}
        {% call statement('new_rows') -%}
            {{ in_batches(
                get_create_table_as_sql(True, new_rows, sql),
                'insert into ' ~ new_rows ~ ' by name ' ~ sql,
            ) }}
        {%- endcall %}
    {%- endif %}
    {%- set columns = compared_columns(new_rows, existing) %}
    {% call statement('main') -%}
        {{ columns.additions }}
        {{ delete_rows_of_keys(new_rows, existing) }}
        insert into {{ existing }} ({{ columns.inserted }}) select {{ columns.inserted }} from {{ new_rows }};
        drop table {{ new_rows }};
    {%- endcall %}
    {% do persist_docs(existing, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}

    {{ return({'relations': [existing]}) }}
{% endmaterialization %}

{#- The temporary table; a model in Python cannot write one, and has a table in its own schema. -#}
{% macro new_rows_relation(is_python) %}
    {%- set path = {'identifier': this.identifier ~ '__new_rows'} -%}
    {%- if not is_python -%}
        {%- do path.update({'schema': none, 'database': none}) -%}
    {%- endif -%}
    {{ return(this.incorporate(path=path, type='table')) }}
{% endmacro %}

{#-
    Drop the new rows of a killed run of a model in Python, and the tables that dbt-duckdb's own
    materialisation left in the schema `main` at each run.
-#}
{% macro drop_left_over() %}
    {%- set left_over -%}
        select format('"{}"."{}"', schema_name, table_name)
        from duckdb_tables()
        where (schema_name = '{{ this.schema }}' and table_name = '{{ this.identifier }}__new_rows')
            or (schema_name = 'main' and starts_with(table_name, '{{ this.identifier }}__dbt_tmp'))
    {%- endset -%}
    {%- for row in run_query(left_over) %}
        {%- do run_query('drop table ' ~ row[0]) -%}
    {%- endfor -%}
{% endmacro %}

{#-
    Names of the columns to insert, and the statements that first add those which the table lacks. As
    with dbt's `on_schema_change: ignore`, the default, only the table's own columns are inserted.
-#}
{% macro compared_columns(new_rows, existing) %}
    {%- set on_change = config.get('on_schema_change') or 'ignore' -%}
    {%- if on_change not in ('ignore', 'append_new_columns') -%}
        {%- do exceptions.raise_compiler_error('on_schema_change must be ignore or append_new_columns') -%}
    {%- endif -%}
    {%- set inserted = 'old' if on_change == 'ignore' else 'new' -%}
    {%- set query -%}
        select
            string_agg(format('"{}"', {{ inserted }}.column_name), ', '),
            string_agg(
                format('alter table {{ existing }} add column "{}" {};', new.column_name, new.column_type), ' '
            ) filter (old.column_name is null)
        from (describe {{ new_rows }}) as new
        full join (describe {{ existing }}) as old on old.column_name = new.column_name
        where {{ inserted }}.column_name is not null
    {%- endset -%}
    {%- set row = run_query(query)[0] -%}
    {{ return({'inserted': row[0], 'additions': row[1] or ''}) }}
{% endmacro %}

{#- The statement that deletes the rows whose key is among the new rows; none for appended rows. -#}
{% macro delete_rows_of_keys(new_rows, existing) %}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- set key = config.get('unique_key') -%}
    {%- if strategy == 'delete+insert' and key is string -%}
        delete from {{ existing }} where {{ key }} in (select {{ key }} from {{ new_rows }});
    {%- elif strategy == 'delete+insert' and key -%}
        delete from {{ existing }} as existing using {{ new_rows }} as new_rows
        where {% for column in key -%}
            existing.{{ column }} = new_rows.{{ column }} {{- ' and ' if not loop.last }}
        {%- endfor -%};
    {%- elif strategy != 'append' -%}
        {%- do exceptions.raise_compiler_error('incremental_strategy must be append, or delete+insert with a key') -%}
    {%- endif -%}
{% endmacro %}
