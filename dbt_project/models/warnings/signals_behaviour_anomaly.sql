{{ config(materialized='ephemeral') }}

{#-
    Signals of trouble (tickets, returns, failures, abandoned carts) above the expected count, and an
    overdue payment of a contract, which is compared with the other customers.
-#}
with

{#- A tail costs a sum, so it is computed only where its condition holds. -#}
{%- for signal, period_days in rising_counts().items() %}

{{ signal }} as (
    select
        customer_id,
        snapshot_date,
        '{{ signal }}' as signal,
        cast({{ signal }}_recent as double) as observed,
        {{ signal }}_expected as expected,
        case
            when is_{{ signal }}
                then 1 - {{ negative_binomial(
                    0, signal ~ '_recent - 1', signal ~ '_expected', signal ~ '_shape'
                ) }}
        end as p_value,
        {{ period_days }} as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where is_{{ signal }}
    {{ worked_out_once() }}
),
{%- endfor %}

cart_abandoned as (
    select
        customer_id,
        snapshot_date,
        'cart_abandoned' as signal,
        cast(abandoned as double) as observed,
        carts * cart_a / (cart_a + cart_b) as expected,
        case
            when is_cart_abandoned
                then {{ beta_binomial_tail('abandoned', 'carts', 'cart_a', 'cart_b') }}
        end as p_value,
        30 as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where is_cart_abandoned
    {{ worked_out_once() }}
),

payment_overdue as (
    select
        customer_id,
        snapshot_date,
        'payment_overdue' as signal,
        cast(1 as double) as observed,
        payments_overdue / customers as expected,
        payments_overdue / customers as p_value,
        cast(null as integer) as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where has_payment_overdue
)

{% for signal in rising_counts() %}
select * from {{ signal }}
union all
{%- endfor %}
select * from cart_abandoned
union all
select * from payment_overdue
