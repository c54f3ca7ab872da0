{#- Fails for every row in which one of `columns` is null, or whose combination of them is another row's. -#}
{% test primary_key(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by all
having count(*) > 1 {% for column in columns %}or {{ column }} is null {% endfor %}
{% endtest %}
