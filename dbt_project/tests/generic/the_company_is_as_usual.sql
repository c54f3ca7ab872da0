{#- Returns each day of the company outside the usual bounds on the bad side, as a warning. -#}
{% test the_company_is_as_usual(model) %}
select
    snapshot_date,
    metric,
    segment,
    evidence
from {{ model }}
where is_bad
{% endtest %}
