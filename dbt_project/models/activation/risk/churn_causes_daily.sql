{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Causes of the value at risk in each segment of each segmentation, and how much of that value the
    company can influence. A customer without a dominant cause counts as unknown: no cause is
    guessed to make the shares add up. Segment `all` of the segmentation `all` is the whole company.
-#}
with

risks as (
    {{ of_daily_dates(ref('customer_risk_daily')) }}
),

-- Where the model names no cause, the cause of the customer's most certain warning is used.
warned as (
    select
        customer_id,
        snapshot_date,
        arg_max(cause, (churn_rate_low, -p_value, cause)) as cause
    from {{ ref('customer_warnings_daily') }}
    where cause is not null and severity in ('high', 'medium')
    group by customer_id, snapshot_date
),

segments as (
    select * from {{ ref('customer_segments_daily') }}
),

customers as (
    select
        risks.snapshot_date,
        coalesce(risks.main_cause, warned.cause, 'unknown') as cause,
        coalesce(risks.value_at_risk, 0) as value_at_risk,
        'all' as whole,
        segments.* exclude (customer_id, snapshot_date)
    from risks
    inner join segments using (customer_id, snapshot_date)
    left join warned using (customer_id, snapshot_date)
),

counted as (
    {%- for segmentation in ['whole'] + segmentations() %}
    select
        snapshot_date,
        '{{ 'all' if segmentation == 'whole' else segmentation }}' as segmentation,
        coalesce({{ segmentation }}, 'unknown') as segment,
        cause,
        count(*) as customers,
        sum(value_at_risk) as value_at_risk
    from customers
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

shared as (
    select
        *,
        value_at_risk / nullif(
            sum(value_at_risk) over (partition by snapshot_date, segmentation, segment), 0
        ) as share_of_value_at_risk
    from counted
),

final as (
    select
        shared.snapshot_date,
        shared.segmentation,
        shared.segment,
        shared.cause,
        cast(shared.customers as integer) as customers,
        cast(shared.value_at_risk as {{ money_type() }}) as value_at_risk,
        shared.share_of_value_at_risk,
        catalogue.dimension_{{ var('language') }} as dimension,
        catalogue.typical_sign_{{ var('language') }} as typical_sign,
        catalogue.depth,
        catalogue.influence,
        cast(shared.value_at_risk * catalogue.influence as {{ money_type() }})
            as influenceable_value,
        catalogue.how_hard_to_see
    from shared
    left join {{ ref('cause_catalogue') }} as catalogue using (cause)
)

select * from final
