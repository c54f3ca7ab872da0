{#- Fails for every label whose horizon has not passed. -#}
{% test window_has_passed(model) %}
select *
from {{ model }}
where matured_on > (select as_of_date from {{ ref('int_as_of') }})
{% endtest %}
