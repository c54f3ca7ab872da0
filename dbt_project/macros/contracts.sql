{#- Months ahead of the contractual survival curve; the same as in ml/churn/person_periods.py. -#}

{#-
    Length of a month ahead in days. Calendar months would not fit a churn horizon given in days.
-#}
{% macro days_per_month() -%}
    {{ return(30) }}
{%- endmacro %}

{#- Number of months ahead: 12, or more where the churn horizon is longer. -#}
{% macro months_ahead() -%}
    {{ return([12, (var('horizon_days') + days_per_month() - 1) // days_per_month()] | max) }}
{%- endmacro %}
