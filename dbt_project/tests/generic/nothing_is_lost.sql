{#-
    Fails for every table with a delivered row in no outcome, or in two: the ledger counts the rows
    as delivered, the entities count them as accepted, rejected or superseded, and the erasure of a
    person counts the rows that it deleted. A day that an older release wrote has no erased rows.
-#}
{% test nothing_is_lost(model) %}
select *
from {{ model }}
where delivered != accepted + rejected + superseded + coalesce(erased, 0)
{% endtest %}
