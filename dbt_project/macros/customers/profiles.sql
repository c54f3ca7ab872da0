{#- Attributes of customers over all of their source records, as known on the as-of date. -#}

{#- Customer of each source record on the as-of date; reads the CTE `as_of`. -#}
{% macro current_identities() -%}
    select
        history.record_no,
        history.source,
        history.source_customer_id,
        history.customer_id,
        history.customer_no
    from {{ ref('int_identity_history') }} as history
    inner join as_of
        on
            history.valid_from <= as_of.as_of_date
            and as_of.as_of_date < history.valid_to
{%- endmacro %}

{#-
    Columns of the record versions that are valid on the as-of date, with the customer and the
    `recency` by which `latest_value` chooses; reads the CTEs `as_of` and `identities`.
-#}
{% macro current_profiles(columns) -%}
    select
        identities.customer_id,
        {%- for column in columns %}
        versions.{{ column }},
        {%- endfor %}
        (coalesce(versions.updated_at, versions.created_at), versions._load_id, versions._row)
            as recency
    from {{ ref('int_customers_versions') }} as versions
    inner join identities using (source, source_customer_id)
    cross join as_of
    where
        versions._reject_reason is null
        and versions.known_from <= as_of.as_of_date
        and as_of.as_of_date < versions.known_to
{%- endmacro %}

{#- The most recently updated value of a customer's records; a null never hides a value. -#}
{% macro latest_value(column) -%}
    arg_max({{ column }}, recency) filter (where {{ column }} is not null)
{%- endmacro %}
