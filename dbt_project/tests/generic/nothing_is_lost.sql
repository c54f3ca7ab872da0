{#-
    Fails for every table in which a delivered row has no outcome or two outcomes. The ledger counts
    delivered rows, and the entities count outcomes.
-#}
{% test nothing_is_lost(model) %}
select *
from {{ model }}
where delivered != accepted + rejected + superseded
{% endtest %}
