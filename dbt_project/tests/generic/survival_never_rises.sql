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
