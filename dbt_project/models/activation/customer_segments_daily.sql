{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    What kind of customer each one is: one row a customer known on the day, bought or not. What the
    customers of a day are compared with is older than the day (segment_boundaries, ml's behaviour
    groups), so that nobody moves because others did.
-#}
{%- set measures = behaviour_measures() %}
with

features as (
    {{ of_daily_dates(ref('feat_customer_snapshots')) }}
),

boundaries as (
    select
        *,
        as_of_date as valid_from,
        coalesce(lead(as_of_date) over (order by as_of_date), date '9999-12-31') as valid_to
    from {{ ref('segment_boundaries') }}
),

groups as (
    select * from {{ ref('stg_ml__behaviour_groups') }}
),

rhythm as (
    select * from {{ ref('int_company_rhythm') }}
),

customer_values as (
    select * from {{ ref('customer_values_daily') }}
),

risks as (
    select
        customer_id,
        snapshot_date,
        risk_tier
    from {{ ref('customer_risk_daily') }}
),

categories as (
    {{ category_names() }}
),

ids as (
    {{ ids_by_number() }}
),

-- The category bought on most days of the year.
needs as (
    select
        ids.customer_id,
        demand.snapshot_date,
        categories.category as main_need
    from {{ ref('feat_category_demand') }} as demand
    inner join ids using (customer_no)
    inner join categories on demand.usual_category_number = categories.category_number
),

scored as (
    select
        features.customer_id,
        features.snapshot_date,
        6 - ({{ fifth('features.days_since_last_order', 'recency') }}) as recency_score,
        {{ fifth('features.orders_365d', 'frequency') }} as frequency_score,
        {{ fifth('features.net_revenue_365d', 'monetary') }} as monetary_score
    from features
    inner join boundaries
        on
            features.snapshot_date >= boundaries.valid_from
            and features.snapshot_date < boundaries.valid_to
    where features.orders_365d > 0
),

valued as (
    select
        customer_values.customer_id,
        customer_values.snapshot_date,
        case
            when customer_values.expected_value > boundaries.value_high_above then 'high'
            when customer_values.expected_value > boundaries.value_medium_above then 'medium'
            when boundaries.value_medium_above is not null then 'low'
        end as value_tier
    from customer_values
    inner join boundaries
        on
            customer_values.snapshot_date >= boundaries.valid_from
            and customer_values.snapshot_date < boundaries.valid_to
    where customer_values.expected_value > 0
),

-- Who has done anything lately, by how far off the usual: every group of a day has one scale.
standardised as (
    select
        features.customer_id,
        features.snapshot_date,
        {%- for measure in measures %}
        least(greatest((
            case
                when features.{{ measure }} is null then scales.{{ measure }}_unknown
                else ln(1 + greatest(features.{{ measure }}, 0))
            end - scales.{{ measure }}_location
        ) / scales.{{ measure }}_scale, -3), 3) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from features
    inner join (select distinct on (valid_from) * from groups) as scales
        on
            features.snapshot_date >= scales.valid_from
            and features.snapshot_date < scales.valid_to
    where {{ has_behaviour() }}
),

grouped as (
    select
        standardised.customer_id,
        standardised.snapshot_date,
        arg_min(
            groups.behaviour_group,
            (
                {%- for measure in measures %}
                coalesce(power(standardised.{{ measure }} - groups.{{ measure }}_centre, 2), 0)
                {{- ' +' if not loop.last }}
                {%- endfor %},
                groups.behaviour_group
            )
        ) as behaviour_group
    from standardised
    inner join groups
        on
            standardised.snapshot_date >= groups.valid_from
            and standardised.snapshot_date < groups.valid_to
    group by standardised.customer_id, standardised.snapshot_date
),

final as (
    select
        features.customer_id,
        features.snapshot_date,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        case
            when features.orders_365d > 0 and scored.recency_score is null then null
            when scored.recency_score is null and features.orders_lifetime > 0 then 'lost'
            else
                {{ rfm_segment(
                    'scored.recency_score', 'scored.frequency_score', 'scored.monetary_score'
                ) }}
        end as rfm_segment,
        {{ lifecycle_stage(
            'features.purchase_days_lifetime',
            'features.paid_contract_days',
            "lower(coalesce(features.contract_plan, features.plan)) = 'trial'",
        ) }} as lifecycle_stage,
        {{ lifecycle_status() }} as lifecycle_status,
        coalesce(valued.value_tier, 'none') as value_tier,
        case when {{ has_behaviour() }} then grouped.behaviour_group else 'inactive' end
            as behaviour_group,
        case
            when coalesce(features.orders_365d, 0) = 0 then 'none'
            when features.categories_365d = 1 or features.top_category_share_365d >= 0.75
                then 'single_need'
            when features.categories_365d > 1 then 'several_needs'
        end as need_scenario,
        needs.main_need,
        {{ customer_type() }} as customer_type,
        coalesce(risks.risk_tier, 'none') as risk_tier,
        cast(coalesce(features.net_revenue_365d, 0) as decimal(18, 2)) as net_revenue_365d
    from features
    left join rhythm using (snapshot_date)
    left join scored using (customer_id, snapshot_date)
    left join valued using (customer_id, snapshot_date)
    left join grouped using (customer_id, snapshot_date)
    left join needs using (customer_id, snapshot_date)
    left join risks using (customer_id, snapshot_date)
)

select * from final
