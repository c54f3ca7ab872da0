{#-
    Join of features and labels: eligible customers on dates whose horizon has passed. Nothing is
    learned from a customer who is never profiled now, on earlier dates either.
-#}
with

features as (
    select * from {{ ref('feat_customer_snapshots') }}
    where is_eligible
),

outcomes as (
    select * from {{ ref('lbl_churn_outcomes') }}
),

-- Only for contracts.
months as (
    select * from {{ ref('lbl_churn_months') }}
),

unprofiled as (
    select history.customer_id
    from {{ ref('customer_suppressions') }} as suppressions
    inner join {{ ref('customer_id_history') }} as history
        on suppressions.customer_id = history.heir_customer_id
    where suppressions.scope = 'profile'
),

training_dates as (
    select distinct snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'training'
),

final as (
    select
        features.* exclude (is_eligible, lifecycle_status, overdue_on),
        outcomes.churned,
        outcomes.next_net_revenue,
        outcomes.returned_after_days,
        months.months_observed,
        months.left_in_month,
        {{ lifecycle_stage_of_snapshot('features') }} as lifecycle_stage
    from features
    semi join training_dates using (snapshot_date)
    anti join unprofiled using (customer_id)
    inner join outcomes using (customer_id, snapshot_date)
    left join months using (customer_id, snapshot_date)
)

select * from final
