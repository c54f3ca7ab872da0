{#-
    Customers on a suppression list on the as-of date: one row per customer, scope and channel. An
    entry for any of a customer's records holds for the customer.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

final as (
    select
        identities.customer_id,
        suppressed.scope,
        suppressed.channel,
        min(suppressed.suppressed_on) as suppressed_on
    from {{ ref('int_suppressed_records') }} as suppressed
    inner join identities using (source, source_customer_id)
    inner join as_of
        on
            suppressed.valid_from <= as_of.as_of_date
            and as_of.as_of_date < suppressed.valid_to
    group by all
)

select * from final
