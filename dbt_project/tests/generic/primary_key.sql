{#-
    Fails for every row in which a column of `columns` is null, or whose combination of values is a
    duplicate.
-#}
{% test primary_key(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by all
having count(*) > 1 {% for column in columns %}or {{ column }} is null {% endfor %}
{% endtest %}
