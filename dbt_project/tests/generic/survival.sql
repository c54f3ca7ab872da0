{#- Fails for every month of the run's days with a higher survival than the month before. -#}
{% test survival_never_rises(model) %}
select *
from {{ model }}
where snapshot_date in (select dates.snapshot_date from {{ source('ops', 'run_dates') }} as dates)
qualify
    survival > lag(survival, 1, 1.0) over (
        partition by customer_id, snapshot_date order by month_ahead
    )
{% endtest %}

{#-
    Fails for every customer of the run's dates whose survival at the end of the horizon is not one
    minus the churn probability. A horizon that ends within a month has no such row.
-#}
{% test survives_the_horizon_as_scored(model) %}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
)

select
    risks.customer_id,
    risks.snapshot_date,
    risks.churn_probability,
    months.survival
from {{ ref('customer_risk_daily') }} as risks
semi join dates using (snapshot_date)
inner join {{ model }} as months using (customer_id, snapshot_date)
where
    {{ days_per_month() }} * months.month_ahead = {{ var('horizon_days') }}
    and abs(months.survival - (1 - risks.churn_probability)) > 1e-9
{% endtest %}
