{#- Fails for every label whose horizon ends in the future, where the outcome is still unknown. -#}
{% test window_has_passed(model) %}
select *
from {{ model }}
where matured_on > (select as_of_date from {{ ref('int_as_of') }})
{% endtest %}
