{#- Warnings of what goes wrong more often than the customer and the company are used to, as steps
    of a query that reads `noticed` (fct_warning_signals). -#}

{#- Counts that are bad news when they rise. -#}
{% macro rising_counts() -%}
    {{ return(['complaints_rising', 'returns_rising', 'failures_rising']) }}
{%- endmacro %}

{% macro behaviour_anomaly_signals() -%}
{#- A tail is worked out where its condition holds, and nowhere else. -#}
{%- for signal in rising_counts() %}

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
        {{ {'complaints_rising': 30, 'returns_rising': 90, 'failures_rising': 28}[signal] }}
            as period_days,
        cast(null as integer) as category_number
    from noticed
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
    from noticed
    where is_cart_abandoned
    {{ worked_out_once() }}
)
{%- endmacro %}
