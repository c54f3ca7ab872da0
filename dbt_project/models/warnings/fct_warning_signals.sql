{#-
    Early-warning signals: unusual behaviour of eligible customers on the dates of the run, with
    deviations and p-values. Training dates are included, because `warning_calibration` estimates
    the churn rate of each signal on them.

    The steps of this query are ephemeral models, one per axis. Materialised models would each read
    all customers again.
-#}
{%- set axes = ['activity_falling', 'behaviour_anomaly', 'negative_emotion', 'needs_changing'] %}
with

signals as (
    {%- for axis in axes %}
    select
        '{{ axis }}' as axis,
        signals.*
    from {{ ref('signals_' ~ axis) }} as signals
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

-- Dissatisfaction that the customer expressed and an overdue payment are always reported. Other
-- signals are reported at a p-value of at most 5 %.
final as (
    select
        customer_id,
        snapshot_date,
        signal,
        round(observed, 6) as observed,
        round(expected, 6) as expected,
        round({{ at_least('p_value', 0) }}, 9) as p_value,
        cast(case
            when p_value <= 0.001 then 3
            when p_value <= 0.01 then 2
            else 1
        end as integer) as strength,
        period_days,
        category_number
    from signals
    where p_value <= 0.05 or axis = 'negative_emotion' or signal = 'payment_overdue'
)

select * from final
