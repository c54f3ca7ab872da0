{#-
    Months ahead for which the churn of a contract is predicted; the same as in
    ml/churn/person_periods.py.
-#}

{#- Days of a month ahead; a calendar month would not fit a horizon given in days. -#}
{% macro days_per_month() -%}
    {{ return(30) }}
{%- endmacro %}

{#- Number of months ahead: 12, or more where the churn horizon is longer. -#}
{% macro months_ahead() -%}
    {{ return([12, (var('horizon_days') + days_per_month() - 1) // days_per_month()] | max) }}
{%- endmacro %}
