{#-
    Date from which an order no longer stands because it was cancelled or wholly refunded; a date
    long past where the source gives none, and 9999-12-31 for an order that stands. `orders` are
    those of `orders_in_currency`: amounts are compared in the order's own currency, because the
    amount in the deployment's currency may be unknown.
-#}
{% macro voided_on(orders) -%}
    case
        when {{ orders }}.status = 'cancelled'
            then coalesce(cast({{ orders }}.cancelled_at as date), date '0001-01-01')
        when
            {{ orders }}.status = 'refunded'
            and coalesce(
                nullif({{ orders }}.original_refunded_amount, 0), {{ orders }}.original_amount
            ) >= {{ orders }}.original_amount
            then coalesce(cast({{ orders }}.refunded_at as date), date '0001-01-01')
        else date '9999-12-31'
    end
{%- endmacro %}
