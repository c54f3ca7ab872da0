{#- Survival analysis: estimates for durations of which some have not ended yet. -#}

{#-
    Kaplan and Meier's estimate (1958) from counts by day, as a query. `counts` has, by `keys`, one
    row a day with its `events` and `censored`; a customer censored on a day is at risk on it.
    `log_log_error` is the standard error of ln(-ln survival) by Greenwood's formula, null where
    survival is 1 or 0.
-#}
{% macro kaplan_meier(counts, keys) -%}
    {%- set keys = keys | join(', ') -%}
    select
        {{ keys }},
        days,
        at_risk,
        events,
        censored,
        -- Rounded, so that the last digits of logarithms never make two builds differ.
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
    Part of each curve of the second purchase, by `keys`, for which enough customers were observed:
    as long as one purchase more moves the curve by at most a percentage point. The survival at the
    end of this part is the share that never returns, as far as the data show. Where the part is
    shorter than eligible_days, there are no rows.
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

{#- Standard errors on either side of a 95 % interval. -#}
{% macro normal_quantile() -%}
    {{ return(1.959963984540054) }}
{%- endmacro %}
