{#-
    Views and tables replaced within one transaction. dbt's own materialisations build under another
    name, rename twice and drop once, for databases whose DDL cannot be rolled back. DuckDB's can,
    and no other process reads the working warehouse. This saves half of the time of a small model.
-#}

{% materialization view, adapter='duckdb' %}
    {{ return(replace_in_place('view')) }}
{% endmaterialization %}

{% materialization table, adapter='duckdb' %}
    {{ return(build_on_spark() if runs_on_spark() else replace_in_place('table')) }}
{% endmaterialization %}

{% macro replace_in_place(kind) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type=kind) -%}

    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {%- if existing is not none %}
        drop {{ existing.type }} {{ existing }};
        {%- endif %}
        {% if kind == 'view' -%}
        {{ get_create_view_as_sql(target, sql) }}
        {%- else -%}
        {{ in_batches(
            get_create_table_as_sql(False, target, sql),
            'insert into ' ~ target ~ ' by name ' ~ sql,
        ) }}
        {%- endif %}
    {%- endcall %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}

    {% do adapter.cache_added(target) %}
    {{ return({'relations': [target]}) }}
{% endmacro %}
