{#- What customers are divided by, beside what `customers.sql` says of one alone. -#}

{#- The measures that behaviour groups may be told apart by, as in ml/segments/behaviour_groups.py. -#}
{% macro behaviour_measures() -%}
    {{ return([
        'orders_365d', 'average_order_value_365d', 'units_per_order_365d', 'categories_365d',
        'discount_share_365d', 'refund_share_365d', 'sessions_90d', 'cart_adds_90d',
        'email_opens_90d', 'feature_uses_90d', 'active_subscriptions', 'monthly_amount',
    ]) }}
{%- endmacro %}

{#- Whether there is any behaviour to group a customer by; model_tables.py reads the same. -#}
{% macro has_behaviour() -%}
    (orders_365d > 0 or days_since_last_activity < 90 or active_subscriptions > 0)
{%- endmacro %}

{#- Columns of customer_segments_daily that divide the customers of a day, each into its own parts. -#}
{% macro segmentations() -%}
    {{ return([
        'lifecycle_stage', 'lifecycle_status', 'value_tier', 'risk_tier', 'rfm_segment',
        'behaviour_group', 'need_scenario', 'customer_type',
    ]) }}
{%- endmacro %}

{#- Of four boundaries between fifths, the fifth that a number lies in: 1 the least, 5 the most. -#}
{% macro fifth(number, boundary) -%}
    1
    {%- for part in range(1, 5) %}
        + cast({{ number }} > boundaries.{{ boundary }}_{{ part }} as integer)
    {%- endfor %}
{%- endmacro %}

{#-
    Whether a customer pays for what is offered or for the offer. Nobody is called a passer-by for
    a single order: with a voucher for the first one that is how many loyal customers begin. Of the
    demo's planted coupon hunters with an order this finds 88 to 91 %, and of those it finds 89 to
    91 % are.
-#}
{% macro customer_type() -%}
    case
        when coalesce(orders_lifetime, 0) = 0 then 'no_purchase'
        when discounted_share_lifetime is null then null
        when orders_lifetime >= 2 and discounted_share_lifetime = 1 then 'passer_by'
        when discounted_share_lifetime > 0.5 then 'opportunist'
        when refund_share_365d > 0.5 or margin_share_365d < 0 then 'opportunist'
        when orders_lifetime * (1 - discounted_share_lifetime) >= 2.5 then 'core_loyal'
        else 'undecided'
    end
{%- endmacro %}

{#-
    Each customer's segments on a date and some days before it. A date of the run is compared with
    earlier ones, and what was built later is compared with it anew: so many days after a date of
    the run there are pairs too. Of the earlier days only those are read that are compared with.
-#}
{% macro segment_pairs(days_before) -%}
    with

    runs as (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ),

    spans as (
        select unnest({{ days_before }}) as days_before
    ),

    compared as (
        select
            later.snapshot_date,
            spans.days_before,
            earlier.snapshot_date as earlier_date
        from {{ source('ops', 'snapshot_dates') }} as later
        cross join spans
        inner join {{ source('ops', 'snapshot_dates') }} as earlier
            on later.snapshot_date - spans.days_before = earlier.snapshot_date
        where
            later.snapshot_date in (
                select runs.snapshot_date from runs
                union
                select runs.snapshot_date + spans.days_before
                from runs
                cross join spans
            )
    ),

    later as (
        select
            compared.days_before,
            compared.earlier_date,
            segments.*
        from {{ ref('customer_segments_daily') }} as segments
        inner join compared using (snapshot_date)
    ),

    earlier as (
        select segments.*
        from {{ ref('customer_segments_daily') }} as segments
        semi join compared on segments.snapshot_date = compared.earlier_date
    )

    select
        later.customer_id,
        later.snapshot_date,
        later.days_before,
        earlier.customer_id is null as is_new,
        later.net_revenue_365d,
        {%- for segmentation in segmentations() %}
        case
            when earlier.customer_id is null then 'new'
            else coalesce(earlier.{{ segmentation }}, 'unknown')
        end as from_{{ segmentation }},
        coalesce(later.{{ segmentation }}, 'unknown') as to_{{ segmentation }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from later
    left join earlier
        on
            later.customer_id = earlier.customer_id
            and later.earlier_date = earlier.snapshot_date
{%- endmacro %}
