{#- Fails for every label whose horizon lies partly ahead: nobody can know it yet. -#}
{% test window_has_passed(model) %}
select *
from {{ model }}
where matured_on > (select as_of_date from {{ ref('int_as_of') }})
{% endtest %}
