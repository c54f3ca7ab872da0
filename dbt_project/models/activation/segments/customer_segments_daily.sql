{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Segments of each customer known on the date, with or without a purchase. Boundaries and behaviour
    groups are older than the date (segment_boundaries, ml.behaviour_groups), so that no customer
    changes segment because other customers changed.
-#}
{%- set measures = behaviour_measures() %}
with

features as (
    {{ of_daily_dates(ref('feat_customer_snapshots')) }}
),

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

-- Values of a date are joined by the date and not by the customer.
boundaries as (
    select
        dates.snapshot_date,
        known.* exclude (as_of_date)
    from dates
    asof inner join {{ ref('segment_boundaries') }} as known
        on dates.snapshot_date >= known.as_of_date
),

rhythm as (
    select * from {{ ref('int_company_rhythm') }}
),

groups as (
    select
        dates.snapshot_date,
        groups.*
    from dates
    inner join {{ ref('stg_ml__behaviour_groups') }} as groups
        on
            dates.snapshot_date >= groups.valid_from
            and dates.snapshot_date < groups.valid_to
),

-- Groups of a date share one scale; each has its own centre.
scales as (
    select
        snapshot_date,
        {%- for measure in measures %}
        {%- for number in ['location', 'scale', 'unknown'] %}
        any_value({{ measure }}_{{ number }}) as {{ measure }}_{{ number }},
        {%- endfor %}
        {%- endfor %}
        list(behaviour_group order by behaviour_group) as behaviour_groups,
        list(
            [
                {%- for measure in measures %}
                coalesce({{ measure }}_centre, 0){{ ',' if not loop.last }}
                {%- endfor %}
            ] order by behaviour_group
        ) as centres
    from groups
    group by snapshot_date
),

value_parameters as (
    select * from {{ ref('stg_ml__value_parameters') }}
),

scores as (
    {{ of_daily_dates(ref('stg_ml__churn_scores')) }}
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

contracts as (
    select
        ids.customer_id,
        contracts.snapshot_date,
        contracts.has_trial,
        contracts.contract_state
    from {{ ref('feat_contracts') }} as contracts
    inner join ids using (customer_no)
),

-- Standardised distance of each measure from its location; 0 for a measure that no group uses.
described as (
    select
        features.*,
        [
            {%- for measure in measures %}
            {%- set place -%}
            (
                coalesce(
                    ln(1 + {{ at_least('features.' ~ measure, 0) }}), scales.{{ measure }}_unknown
                ) - scales.{{ measure }}_location
            ) / scales.{{ measure }}_scale
            {%- endset %}
            case
                when scales.{{ measure }}_scale is null then 0
                when {{ place }} < -3 then -3
                when {{ place }} > 3 then 3
                else {{ place }}
            end{{ ',' if not loop.last }}
            {%- endfor %}
        ] as place,
        scales.behaviour_groups,
        scales.centres,
        cast(
            {{ expected_net_revenue('features', 'value_parameters', 'scores') }}
            as {{ money_type() }}
        ) as expected_value,
        {{ risk_tier('scores.churn_probability') }} as risk_tier
    from features
    left join scales on features.snapshot_date = scales.snapshot_date
    left join value_parameters on features.snapshot_date = value_parameters.snapshot_date
    left join scores
        on
            features.customer_id = scores.customer_id
            and features.snapshot_date = scores.snapshot_date
),

-- Lists cost a quarter of a join with the groups.
measured as (
    select
        * exclude (place, centres),
        list_transform(centres, lambda centre: list_distance(place, centre)) as distances
    from described
),

final as (
    select
        features.customer_id,
        features.snapshot_date,
        case when features.orders_365d > 0 then
            6 - ({{ fifth('features.days_since_last_order', 'recency') }})
        end as recency_score,
        case when features.orders_365d > 0 then
            {{ fifth('features.orders_365d', 'frequency') }}
        end as frequency_score,
        case when features.orders_365d > 0 then
            {{ fifth('features.net_revenue_365d', 'monetary') }}
        end as monetary_score,
        case
            when features.orders_365d > 0 and recency_score is null then null
            when recency_score is null and features.orders_lifetime > 0 then 'longest_silent'
            else {{ rfm_segment(
                'recency_score', 'frequency_score', 'coalesce(monetary_score, frequency_score)'
            ) }}
        end as rfm_segment,
        {{ lifecycle_stage_of_snapshot('features', 'contracts.has_trial') }} as lifecycle_stage,
        {{ lifecycle_status() }} as lifecycle_status,
        contracts.contract_state,
        {{ value_tier('features.expected_value') }} as value_tier,
        case
            when {{ has_behaviour() }}
                then
                    features.behaviour_groups[
                        list_position(features.distances, list_min(features.distances))
                    ]
            else 'inactive'
        end as behaviour_group,
        {{ need_scenario() }} as need_scenario,
        needs.main_need,
        {{ customer_type() }} as customer_type,
        coalesce(features.risk_tier, 'none') as risk_tier,
        cast(
            case
                when features.orders_365d > 0 then features.net_revenue_365d
                else coalesce(features.net_revenue_365d, 0)
            end as {{ money_type() }}
        ) as net_revenue_365d,
        features.is_reachable
    from measured as features
    left join boundaries on features.snapshot_date = boundaries.snapshot_date
    left join rhythm on features.snapshot_date = rhythm.snapshot_date
    left join needs
        on
            features.customer_id = needs.customer_id
            and features.snapshot_date = needs.snapshot_date
    left join contracts
        on
            features.customer_id = contracts.customer_id
            and features.snapshot_date = contracts.snapshot_date
)

select * from final
