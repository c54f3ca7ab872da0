{#-
    Customer ids ever used, with the current id of the same customer (heir). Past scores and
    experiments under a merged id are read through this table.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

history as (
    select history.*
    from {{ ref('int_identity_history') }} as history
    inner join as_of on history.valid_from <= as_of.as_of_date
),

ids as (
    select
        customer_id,
        min(valid_from) as first_used_on
    from history
    group by all
),

-- A customer's id is that of its oldest record, so the current customer of that record is the heir.
heirs as (
    select
        history.own_customer_id as customer_id,
        history.customer_id as heir_customer_id,
        history.valid_from as heir_since
    from history
    cross join as_of
    where as_of.as_of_date < history.valid_to
),

final as (
    select
        ids.customer_id,
        heirs.heir_customer_id,
        ids.customer_id != heirs.heir_customer_id as is_merged,
        nullif(ids.first_used_on, date '0001-01-01') as first_used_on,
        case
            when ids.customer_id != heirs.heir_customer_id
                then nullif(heirs.heir_since, date '0001-01-01')
        end as merged_on
    from ids
    inner join heirs on ids.customer_id = heirs.customer_id
)

select * from final
