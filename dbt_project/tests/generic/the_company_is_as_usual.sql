{#- Each day of the company that lies outside what is usual on the bad side, to be seen as a warning. -#}
{% test the_company_is_as_usual(model) %}
select
    snapshot_date,
    metric,
    segment,
    evidence
from {{ model }}
where is_bad
{% endtest %}
