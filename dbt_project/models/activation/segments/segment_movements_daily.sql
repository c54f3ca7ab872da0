{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Number of customers, and their revenue of the year, that moved between the segments of each
    segmentation since the day before and the week before. Customers who stayed are included, so
    that the rows of a segment sum to its size. Without a run on the earlier date there is no row.
-#}
with

pairs as (
    {{ segment_pairs([1, 7]) }}
),

moves as (
    {%- for segmentation in segmentations() %}
    select
        snapshot_date,
        days_before,
        '{{ segmentation }}' as segmentation,
        from_{{ segmentation }} as from_segment,
        to_{{ segmentation }} as to_segment,
        count(*) as customers,
        sum(net_revenue_365d) as net_revenue
    from pairs
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        snapshot_date,
        cast(days_before as integer) as days_before,
        segmentation,
        from_segment,
        to_segment,
        cast(customers as integer) as customers,
        cast(net_revenue as {{ money_type() }}) as net_revenue
    from moves
)

select * from final
