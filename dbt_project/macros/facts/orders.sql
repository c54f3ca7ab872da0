{#-
    Date from which an order no longer stands because it was cancelled or wholly refunded; a date
    long past where the source gives none, and 9999-12-31 for an order that stands.
-#}
{% macro voided_on(orders) -%}
    case
        when {{ orders }}.status = 'cancelled'
            then coalesce(cast({{ orders }}.cancelled_at as date), date '0001-01-01')
        when
            {{ orders }}.status = 'refunded'
            and coalesce({{ orders }}.refunded_amount, {{ orders }}.net_amount) >= {{ orders }}.net_amount
            then coalesce(cast({{ orders }}.refunded_at as date), date '0001-01-01')
        else date '9999-12-31'
    end
{%- endmacro %}
