{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Customers whose segment differs from the one a week before: one row per customer, day and
    segmentation. New customers had no segment and are left out.
-#}
with

pairs as (
    {{ segment_pairs([7]) }}
),

moves as (
    {%- for segmentation in segmentations() %}
    select
        customer_id,
        snapshot_date,
        '{{ segmentation }}' as segmentation,
        from_{{ segmentation }} as from_segment,
        to_{{ segmentation }} as to_segment,
        net_revenue_365d
    from pairs
    where
        from_{{ segmentation }} <> to_{{ segmentation }}
        and not is_new
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select * from moves
)

select * from final
