{{ config(materialized='ephemeral') }}

{#- Decisions of the deployment on two records that are known, with the records' numbers. -#}
with

records as (
    select * from {{ ref('int_identity_records') }}
),

decisions as (
    select * from {{ source('ops', 'identity_decisions') }}
),

final as (
    select
        decisions.decision,
        least(one.record_no, other.record_no) as record_no,
        greatest(one.record_no, other.record_no) as other_record_no,
        greatest(
            coalesce(decisions.decided_on, date '0001-01-01'), one.known_from, other.known_from
        ) as valid_from
    from decisions
    inner join records as one
        on
            decisions.source_a = one.source
            and decisions.source_customer_id_a = one.source_customer_id
    inner join records as other
        on
            decisions.source_b = other.source
            and decisions.source_customer_id_b = other.source_customer_id
    where decisions.fault is null and one.record_no != other.record_no
)

select * from final
