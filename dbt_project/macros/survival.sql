{#- How long things last where not everything has ended yet. -#}

{#-
    Kaplan and Meier's estimate (1958) from counts by day, as a query: `counts` has, by `keys`, one
    row a day with its `events` and `censored`. Who is censored on a day is at risk on it.
    `log_log_error` is the standard error of ln(-ln survival) by Greenwood's formula; null where
    survival is one or nothing.
-#}
{% macro kaplan_meier(counts, keys) -%}
    {%- set keys = keys | join(', ') -%}
    select
        {{ keys }},
        days,
        at_risk,
        events,
        censored,
        -- Rounded, so that the last bits of logarithms never make two builds differ.
        case
            when bool_or(events = at_risk) over so_far then 0
            else round(exp(sum(ln(nullif(at_risk - events, 0) / at_risk)) over so_far), 10)
        end as survival,
        round(
            sqrt(sum(events / nullif(at_risk * (at_risk - events), 0)) over so_far)
            / nullif(-sum(ln(nullif(at_risk - events, 0) / at_risk)) over so_far, 0),
            10
        ) as log_log_error
    from (
        select
            *,
            sum(events + censored) over (partition by {{ keys }} order by days desc) as at_risk
        from {{ counts }}
    ) as counted
    window so_far as (partition by {{ keys }} order by days)
{%- endmacro %}

{#-
    Of curves of the wait for the second purchase, by `keys`, the part that enough customers were
    watched for: as long as one purchase more moves the curve by no more than a percentage point.
    What is left of a curve at the end of this part never comes, so far as anybody can say. Where it
    is shorter than eligible_days nobody was watched for long enough: there are no rows.
-#}
{% macro watched_waits(curves, keys) -%}
    select
        *,
        max(days) over of_curve as follow_up_days,
        min(survival) over of_curve as never_share,
        (survival - never_share) / nullif(1 - never_share, 0) as share_to_come
    from (
        select *
        from {{ curves }}
        where events < at_risk and survival <= 0.01 * (at_risk - events)
    ) as watched
    window of_curve as (partition by {{ keys | join(', ') }})
    qualify max(days) over of_curve >= {{ var('eligible_days') }}
{%- endmacro %}

{#- Standard errors on either side of an interval that holds the truth 95 times of 100. -#}
{% macro normal_quantile() -%}
    {{ return(1.959963984540054) }}
{%- endmacro %}
