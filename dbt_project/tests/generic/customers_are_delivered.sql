{#-
    Returns each table of the day whose rows name too many customers that no customer table of the
    source delivered, as a warning: a join that fails invents customers.
-#}
{% test customers_are_delivered(model) %}
select
    snapshot_date,
    source,
    table_name,
    inferred_customers,
    named_customers
from {{ model }}
where inferred_customers > {{ var('max_inferred_share') }} * named_customers
{% endtest %}
