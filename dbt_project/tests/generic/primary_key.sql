{#-
    Fails for every row in which a column of the key is null, and for every key of more than one row.
    Without `columns`, the key is the `grain` in the meta of the model's YAML.
-#}
{% test primary_key(model, columns=none) %}
{%- set key = columns or grain_of(model) %}
select {{ key | join(', ') }}
from {{ model }}
group by all
having count(*) > 1 {% for column in key %}or {{ column }} is null {% endfor %}
{% endtest %}
