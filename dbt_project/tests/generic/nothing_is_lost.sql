{#-
    Fails for every table with a delivered row in no outcome, or in two: the ledger counts the rows
    as delivered, the entities count them as accepted, rejected or superseded.
-#}
{% test nothing_is_lost(model) %}
select *
from {{ model }}
where delivered != accepted + rejected + superseded
{% endtest %}
