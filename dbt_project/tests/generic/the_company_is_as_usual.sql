{#- Returns each day of a company metric outside its band on the bad side, as a warning. -#}
{% test the_company_is_as_usual(model) %}
select
    snapshot_date,
    metric,
    segment,
    evidence
from {{ model }}
where is_bad
{% endtest %}
