{#-
    Models that compute each date by itself are built a few dates at a time where a company is large.
    At a million customers the features of 21 dates are 12 million rows of 140 columns: joined in one
    statement they did not fit into 6 GB, because a join spills what it joins and not what it has
    joined. A model is built so if it reads its dates from the macro `dates_of_batch`.
-#}

{#-
    A statement for a list of dates: `first` for the first batch and `next` for each other. A batch
    has as many dates as DuckDB's memory has room for, at `bytes_by_batch_row` for each record and
    date: two of a million customers in 5.6 GB, beside another model, and 24 of a hundred thousand.
-#}
{% macro in_batches(first, next) -%}
    {%- set batches = [] -%}
    {%- if "getvariable('batch_from')" in sql -%}
        {%- set query -%}
            with dates as (
                select
                    snapshot_date,
                    row_number() over (order by snapshot_date) - 1 as place
                from (select distinct snapshot_date from {{ source('ops', 'run_dates') }})
            ),
            records as (
                select coalesce(max(estimated_size), 0) + 1 as record_count from duckdb_tables()
                where schema_name = 'intermediate' and table_name = 'int_identity_history'
            ),
            -- Written as 5.2 GiB.
            memory as (
                select
                    cast(split_part(written, ' ', 1) as double) * case split_part(written, ' ', 2)
                        when 'TiB' then 1024 * 1024 * 1024 * 1024
                        when 'GiB' then 1024 * 1024 * 1024
                        when 'MiB' then 1024 * 1024
                        else 1024
                    end as bytes
                from (select current_setting('memory_limit') as written)
            ),
            rooms as (
                select
                    cast(floor(
                        memory.bytes / {{ var('bytes_by_batch_row') }} / records.record_count
                    ) as bigint) as dates_in_a_batch
                from memory
                cross join records
            )
            select
                min(dates.snapshot_date),
                max(dates.snapshot_date)
            from dates
            cross join rooms
            group by dates.place // {{ at_least('rooms.dates_in_a_batch', 1) }}
            order by all
        {%- endset -%}
        {%- set batches = run_query(query).rows | list -%}
    {%- endif -%}
    {%- if batches | length < 2 -%}
        {{ return(first) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- for from, to in batches -%}
        {%- do statements.append("set variable batch_from = date '" ~ from ~ "'") -%}
        {%- do statements.append("set variable batch_to = date '" ~ to ~ "'") -%}
        {%- do statements.append(first if loop.first else next) -%}
    {%- endfor -%}
    {%- do statements.append('reset variable batch_from') -%}
    {%- do statements.append('reset variable batch_to') -%}
    {{ return(statements | join(';\n')) }}
{%- endmacro %}
