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

{#-
    Marketing consent of each customer on the as-of date, from all records: a no counts unless a yes
    was given after it, in any system. The last update of a record is no time of its consent: an
    address that is corrected renews no yes. A value counts from the delivery that first showed it.
    A value of a record's first delivery counts, if it is a yes, from the record's creation, and if
    it is a no, from its last update, so that a doubt is a no. Without any value it is null. Reads
    the CTEs `as_of` and `identities`.
-#}
{% macro marketing_consents() -%}
    with

    versions as (
        select
            identities.customer_id,
            versions.source,
            versions.source_customer_id,
            versions.marketing_consent,
            versions.known_from,
            as_of.as_of_date < versions.known_to as is_current,
            cast(versions.created_at as date) as created_on,
            case
                when cast(versions.updated_at as date) <= as_of.as_of_date
                    then cast(versions.updated_at as date)
            end as updated_on,
            coalesce(
                versions.marketing_consent <> lag(versions.marketing_consent) over of_record, true
            ) as is_change,
            row_number() over of_record as version_no
        from {{ ref('int_customers_versions') }} as versions
        inner join identities using (source, source_customer_id)
        inner join as_of on versions.known_from <= as_of.as_of_date
        where
            versions._reject_reason is null
            and versions.marketing_consent is not null
        window
            of_record as (
                partition by versions.source, versions.source_customer_id
                order by versions.known_from, versions._load_id, versions._row
            )
    ),

    -- The latest stretch of versions with one value, which the current version ends.
    stretches as (
        select
            *,
            max(known_from) filter (where is_change) over so_far as changed_on,
            count(*) filter (where is_change) over so_far = 1 as is_first
        from versions
        window so_far as (partition by source, source_customer_id order by version_no)
    ),

    given as (
        select
            customer_id,
            marketing_consent as is_given,
            case
                when not is_first then changed_on
                when marketing_consent then coalesce(created_on, changed_on)
                else coalesce(greatest(updated_on, created_on), changed_on)
            end as given_on
        from stretches
        where is_current
    )

    select
        customer_id,
        case
            when bool_and(is_given) then true
            else coalesce(
                max(given_on) filter (where is_given) > max(given_on) filter (where not is_given),
                false
            )
        end as marketing_consent
    from given
    group by customer_id
{%- endmacro %}
