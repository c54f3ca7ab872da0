{#-
    Customer records that their source had deleted by a date: every delivered version has ended, and
    none was delivered again. One row per record and date of `dates` (snapshot_date), with the day
    of the deletion. Most records have unbroken versions, and only the others are read by date. A
    rejected row of the record shows that its source still has it.
-#}
{% macro deleted_records(dates) -%}
    with versions as (
        select
            source,
            source_customer_id,
            known_from,
            known_to
        from {{ ref('int_customers_versions') }}
        where source_customer_id is not null and known_from < known_to
    ),

    interrupted as (
        select
            source,
            source_customer_id
        from versions
        group by all
        having
            max(known_to) < date '9999-12-31'
            or sum(known_to - known_from) < max(known_to) - min(known_from)
    )

    select
        versions.source,
        versions.source_customer_id,
        dates.snapshot_date,
        max(versions.known_to) as deleted_on
    from versions
    semi join interrupted using (source, source_customer_id)
    inner join {{ dates }} as dates on versions.known_from <= dates.snapshot_date
    group by all
    having max(versions.known_to) <= dates.snapshot_date
{%- endmacro %}
