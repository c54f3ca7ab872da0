{#- Survival estimates from censored durations. -#}

{#-
    Kaplan-Meier estimate (1958) from daily counts, as a query. `counts` has one row per `keys` and
    day with its `events` and `censored`. Customers censored on a day are at risk on that day.
    `log_log_error` is the standard error of ln(-ln survival) by Greenwood's formula; null where
    survival is 0 or 1.
-#}
{% macro kaplan_meier(counts, keys) -%}
    {%- set keys = keys | join(', ') -%}
    select
        {{ keys }},
        days,
        at_risk,
        events,
        censored,
        -- Rounded, because the last bits of logarithms could differ between builds.
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
    Returns the reliable part of the curves of the wait until the second purchase, by `keys`. A
    curve ends where a single purchase would move it by more than one percentage point. Customers
    left at the end of this part are taken never to return. A curve shorter than eligible_days has
    no rows, because the observation period is too short.
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

{#- Standard errors on either side of a 95 % confidence interval. -#}
{% macro normal_quantile() -%}
    {{ return(1.959963984540054) }}
{%- endmacro %}
