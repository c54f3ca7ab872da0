{#- Decisions about actions: those of earlier days, and the draws that decide on the arms. -#}

{#- Days after an action's expiry on which its delivery may still be reported. -#}
{% macro delivery_grace_days() -%}
    14
{%- endmacro %}

{#-
    Decisions of the days before the as-of date that assigned a customer to an arm, with the number
    of the customer's oldest record (`record_no`) and of the customer to whom the record belongs on
    the as-of date (`customer_no`). A customer's id is that of its oldest record.
-#}
{% macro earlier_decisions() -%}
    select
        decided.*,
        records.record_no,
        records.customer_no
    from {{ source('ops', 'decided_actions') }} as decided
    inner join {{ ref('int_as_of') }} as as_of on decided.snapshot_date < as_of.as_of_date
    inner join {{ ref('int_identity_history') }} as records
        on
            decided.customer_id = records.own_customer_id
            and records.valid_from <= as_of.as_of_date
            and as_of.as_of_date < records.valid_to
    where decided.arm in ('treatment', 'control')
{%- endmacro %}

{#-
    A draw from [0, 1) that the secret key and the given texts determine: 52 bits of a SHA-256
    digest. The same customer, action and period have the same draw in every run and on every
    machine, and without the key nobody can tell it in advance. The key is read from the CTE `keys`.
-#}
{% macro keyed_draw(parts) -%}
    cast(
        '0x' || left(
            sha256(keys.key || '/' || sha256(keys.key || '/' || {{ parts | join(" || '/' || ") }})), 13
        ) as bigint
    ) / power(2, 52)
{%- endmacro %}
