{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['snapshot_date'],
    )
}}

{#-
    Backtest of past predictions: one row per date and model whose horizon has passed. Dates are the
    holdouts, scored by the model that was trained before them, and every scored day after its
    horizon. A date is evaluated once its horizon has passed, and again when it is run again or
    another model has scored it. The unique key is a list, so that the publication copies the whole
    table, because days enter it long after they were run.
-#}
with

all_predictions as (
    select
        snapshot_date,
        customer_id,
        model_version,
        churn_probability,
        'daily' as kind
    from {{ ref('stg_ml__churn_scores') }}
    union all
    select
        snapshot_date,
        customer_id,
        model_version,
        churn_probability,
        'holdout' as kind
    from {{ ref('stg_ml__holdout_scores') }}
),
{% if is_incremental() %}
changed_dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    union
    select predicted.snapshot_date
    from (select distinct snapshot_date, model_version from all_predictions) as predicted
    anti join {{ this }} as known using (snapshot_date, model_version)
),
{% endif %}
predictions as (
    select * from all_predictions
    {%- if is_incremental() %}
    semi join changed_dates using (snapshot_date)
    {%- endif %}
),

outcomes as (
    select * from {{ ref('lbl_churn_outcomes') }}
),

features as (
    select
        customer_id,
        snapshot_date,
        is_reachable
    from {{ ref('feat_customer_snapshots') }}
),

-- A holdout date that was also a scored day counts once.
judged as (
    select
        predictions.snapshot_date,
        predictions.model_version,
        predictions.customer_id,
        predictions.churn_probability,
        cast(outcomes.churned as integer) as churned,
        features.is_reachable
    from predictions
    inner join outcomes using (customer_id, snapshot_date)
    left join features using (customer_id, snapshot_date)
    qualify
        row_number() over (
            partition by
                predictions.snapshot_date,
                predictions.customer_id,
                predictions.model_version
            order by predictions.kind
        ) = 1
),

-- The reachable were not overdue by their own interval on the day. They are judged like all.
scoped as (
    select
        *,
        'all' as scope
    from judged
    union all
    select
        *,
        'reachable' as scope
    from judged
    where is_reachable
),

ranked as (
    select
        *,
        rank() over by_risk + (count(*) over ties - 1) / 2.0 as rank_from_low,
        ntile(10) over (
            partition by snapshot_date, model_version, scope order by churn_probability, customer_id
        ) as decile,
        sum(churned) over (
            partition by snapshot_date, model_version, scope
            order by churn_probability desc
            range between unbounded preceding and current row
        ) as churners_so_far,
        count(*) over (
            partition by snapshot_date, model_version, scope
            order by churn_probability desc
            range between unbounded preceding and current row
        ) as customers_so_far
    from scoped
    window
        by_risk as (partition by snapshot_date, model_version, scope order by churn_probability),
        ties as (partition by snapshot_date, model_version, scope, churn_probability)
),

calibration as (
    select
        snapshot_date,
        model_version,
        scope,
        sum(abs(gap) * customers) / sum(customers) as calibration_error
    from (
        select
            snapshot_date,
            model_version,
            scope,
            count(*) as customers,
            avg(churn_probability) - avg(churned) as gap
        from ranked
        group by snapshot_date, model_version, scope, decile
    ) as deciles
    group by all
),

measured as (
    select
        snapshot_date,
        model_version,
        scope,
        count(*) as customers,
        avg(churned) as churn_rate,
        avg(churn_probability) as mean_predicted,
        -- The rank-sum form of the area under the ROC curve (Mann and Whitney 1947), ties halved.
        (
            sum(rank_from_low) filter (where churned = 1)
            - sum(churned) * (sum(churned) + 1) / 2.0
        ) / nullif(sum(churned) * (count(*) - sum(churned)), 0) as roc_auc,
        avg(churners_so_far / customers_so_far) filter (where churned = 1) as pr_auc,
        avg(power(churn_probability - churned, 2)) as brier,
        -- A probability of 0 or 1 counts as one in a million, because its logarithm is infinite.
        -avg(ln(case
            when churned = 1 then {{ at_least('churn_probability', 1e-6) }}
            else {{ at_least('1 - churn_probability', 1e-6) }}
        end)) as log_loss,
        avg(churned) filter (where decile = 10) / nullif(avg(churned), 0) as top_decile_lift,
        {{ at_most('1 / nullif(avg(churned), 0)', 10) }} as best_top_decile_lift,
        any_value(calibration.calibration_error) as calibration_error
    from ranked
    inner join calibration using (snapshot_date, model_version, scope)
    group by all
),

-- The rate of a date was forecast by the model in use on it.
forecasts as (
    select
        snapshot_date,
        model_version,
        round(low, 10) as churn_rate_low,
        round(high, 10) as churn_rate_high
    from {{ ref('stg_ml__churn_levels') }}
),

-- Threads add numbers in any order, which changes the last digits. Ten digits are kept, so that the
-- same predictions always give the same row.
final as (
    select
        measured.snapshot_date,
        measured.model_version,
        measured.customers,
        round(measured.churn_rate, 10) as churn_rate,
        round(measured.mean_predicted, 10) as mean_predicted,
        round(measured.roc_auc, 10) as roc_auc,
        round(measured.pr_auc, 10) as pr_auc,
        round(measured.brier, 10) as brier,
        round(measured.calibration_error, 10) as calibration_error,
        round(measured.top_decile_lift, 10) as top_decile_lift,
        round(measured.top_decile_lift / measured.best_top_decile_lift, 10)
            as top_decile_lift_share,
        forecasts.churn_rate_low,
        forecasts.churn_rate_high,
        measured.churn_rate between forecasts.churn_rate_low and forecasts.churn_rate_high
            as is_within_interval,
        round(measured.log_loss, 10) as log_loss,
        reachable.customers as reachable_customers,
        round(reachable.churn_rate, 10) as reachable_churn_rate,
        round(reachable.mean_predicted, 10) as reachable_mean_predicted,
        round(reachable.roc_auc, 10) as reachable_roc_auc,
        round(reachable.calibration_error, 10) as reachable_calibration_error,
        round(reachable.top_decile_lift, 10) as reachable_top_decile_lift
    from measured
    left join forecasts using (snapshot_date, model_version)
    left join measured as reachable
        on
            measured.snapshot_date = reachable.snapshot_date
            and measured.model_version = reachable.model_version
            and reachable.scope = 'reachable'
    where measured.scope = 'all'
)

select * from final
