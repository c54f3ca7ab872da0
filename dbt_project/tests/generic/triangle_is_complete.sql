{#-
    Fails for every cohort that lacks a month up to the as-of date, has one after it, or changes its
    size.
-#}
{% test triangle_is_complete(model) %}
select
    cohort_month,
    count(*) as months
from {{ model }}
group by cohort_month
having
    count(*) != 1 + datediff(
        'month', cohort_month, (select as_of_date from {{ ref('int_as_of') }})
    )
    or min(months_since) != 0
    or max(months_since) != count(*) - 1
    or count(distinct customers) != 1
    or max(active_customers) filter (where months_since = 0) != max(customers)
    or max(active_customers) > max(customers)
{% endtest %}
