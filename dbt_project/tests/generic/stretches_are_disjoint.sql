{#- Fails for every record with two customers, or none, on a day since it is known. -#}
{% test stretches_are_disjoint(model) %}
select
    source,
    source_customer_id
from {{ model }}
qualify
    lead(valid_from, 1, date '9999-12-31') over (
        partition by source, source_customer_id order by valid_from
    ) != valid_to
{% endtest %}
