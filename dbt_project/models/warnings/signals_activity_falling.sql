{{ config(materialized='ephemeral') }}

{#- Signals of activity below the customer's own history. -#}
{%- set falling, sliding = falling_counts(), sliding_counts() %}
{%- set slack = 0.25 %}
{%- set lundberg = 0.605 %}
with

{#-
    The condition is repeated in the case expression. DuckDB may move filters of later steps to an
    earlier step and then compute the tails of every customer.
-#}
{%- for signal, measure in falling.items() if signal not in sliding %}
{%- set burst = 'orders_a_day' if measure.counts == 'order' else '1' %}

{{ signal }} as (
    select
        customer_id,
        snapshot_date,
        '{{ signal }}' as signal,
        cast({{ signal }}_recent as double) as observed,
        {{ signal }}_expected as expected,
        case
            when is_{{ signal }}
                then {{ negative_binomial(
                    0, 'cast(round(' ~ signal ~ '_recent / ' ~ burst ~ ') as bigint)',
                    signal ~ '_expected / ' ~ burst, signal ~ '_shape / ' ~ burst
                ) }}
        end as p_value,
        {{ measure.window }} as period_days,
        cast(null as integer) as category_number
    from {{ ref('warning_expectations') }}
    where is_{{ signal }}
    {{ worked_out_once() }}
),
{%- endfor %}

{#-
    Page's CUSUM: the shortfall summed over the latest weeks, at its maximum over all numbers of weeks.
    Each week a quarter of the expected days is allowed as slack, which makes the sum most sensitive
    to a decline by half. Under an unchanged Poisson rate the sum exceeds s with probability
    exp(-0.605 s) at most (Lundberg's bound; 0.605 solves 0.75 x = 1 - exp(-x)). The rate used is one
    standard deviation below the estimated one.
-#}
{%- for signal, quick in sliding.items() %}
{%- set measure = falling[signal] %}

{{ signal }}_weeks as (
    select
        customer_id,
        snapshot_date,
        {{ 'orders_a_day' if measure.counts == 'order' else 1 }} as burst,
        {{ signal }}_expected / 12 as weekly_expected,
        {{ signal }}_expected / 12 * (1 - 1 / sqrt({{ signal }}_shape)) as weekly_least,
        [
            {%- for weeks in range(1, 13) %}
            {%- for week in range(weeks) %}
            {{ in_week(measure.counts ~ '_weeks', week) }}{{ ' +' if not loop.last }}
            {%- endfor %}{{ ',' if not loop.last }}
            {%- endfor %}
        ] as counts
    from {{ ref('warning_expectations') }} as noticed
    anti join {{ quick }}
        on
            noticed.customer_id = {{ quick }}.customer_id
            and noticed.snapshot_date = {{ quick }}.snapshot_date
            and {{ quick }}.p_value <= 0.05
    where is_{{ signal }}
),

{{ signal }}_missing as (
    select
        *,
        [
            {%- for weeks in range(1, 13) %}
            {{ weeks }} * {{ 1 - slack }} * weekly_least
            - counts[{{ weeks }}]{{ ',' if not loop.last }}
            {%- endfor %}
        ] as missing
    from {{ signal }}_weeks
),

{{ signal }} as (
    select
        customer_id,
        snapshot_date,
        '{{ signal }}' as signal,
        cast(counts[list_position(missing, list_max(missing))] as double) as observed,
        weekly_expected * list_position(missing, list_max(missing)) as expected,
        {{ at_most('exp(-' ~ lundberg ~ ' * list_max(missing) / burst)', 1) }} as p_value,
        cast(7 * list_position(missing, list_max(missing)) as integer) as period_days,
        cast(null as integer) as category_number
    from {{ signal }}_missing
),
{%- endfor %}

-- The ratio of a gap to the mean of the customer's earlier gaps is F-distributed if gaps are
-- gamma-distributed.
order_overdue as (
    select
        customer_id,
        snapshot_date,
        'order_overdue' as signal,
        cast(days_since_last_order as double) as observed,
        cast(mean_gap_days as double) as expected,
        {{ normal_tail('pause_z') }} as p_value,
        cast(null as integer) as period_days,
        cast(null as integer) as category_number
    from (
        select
            *,
            {{ f_tail_z(
                'coalesce(orders_falling_movement, 1) * days_since_last_order / mean_gap_days',
                '2 * gap_shape', '2 * gap_shape * gaps'
            ) }} as pause_z
        from {{ ref('warning_expectations') }}
        where gaps >= 2 and mean_gap_days > 0 and days_since_last_order > mean_gap_days
    ) as pauses
)

{% for signal in falling %}
select * from {{ signal }}
union all
{%- endfor %}
select * from order_overdue
