{#-
    Fails for every table in which a delivered row is in no outcome, or in two: the ledger counted
    the rows as they came in, the entities counted them where they ended.
-#}
{% test nothing_is_lost(model) %}
select *
from {{ model }}
where delivered != accepted + rejected + superseded
{% endtest %}
