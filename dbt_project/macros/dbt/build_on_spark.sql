{#-
    Models that are linear in delivered rows (`linear_in` in the meta of dbt_project.yml) are built on
    Spark where the deployment says so (`engine.kind`). The function build_on_spark of the connection
    (spark/engine/builds.py) translates the statement, lets Spark write Parquet files, and returns the
    query of the view by which DuckDB reads them. The files count from the commit of the view on.
-#}

{% macro runs_on_spark() -%}
    {{ return(var('engine', 'duckdb') == 'spark' and 'linear_in' in model.config.meta) }}
{%- endmacro %}

{#- dbt's own macro, except that the rows of a model that runs on Spark are behind a view. -#}
{% macro is_incremental() -%}
    {%- if not execute or not runs_on_spark() -%}
        {{ return(dbt.is_incremental()) }}
    {%- endif -%}
    {{ return(model.config.materialized == 'incremental' and load_relation(this) is not none and not should_full_refresh()) }}
{%- endmacro %}

{% macro build_on_spark() %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='view') -%}
    {%- set key = config.get('unique_key') or [] -%}
    {%- set request = {
        'schema': this.schema,
        'name': this.identifier,
        'statement': sql,
        'is_incremental': is_incremental(),
        'key': [key] if key is string else key,
    } -%}
    {%- set query = run_query('select build_on_spark($request$' ~ tojson(request) ~ '$request$)')[0][0] -%}

    {#- Without hooks: they add columns to older tables, and a file without a column has null in it. -#}
    {% call statement('main') -%}
        {%- if existing is not none and existing.type != 'view' %}
        drop table {{ existing }};
        {%- endif %}
        create or replace view {{ target }} as {{ query }}
    {%- endcall %}
    {{ adapter.commit() }}

    {% do adapter.cache_added(target) %}
    {{ return({'relations': [target]}) }}
{% endmacro %}
