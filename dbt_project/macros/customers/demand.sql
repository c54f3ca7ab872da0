{#- Dates of purchases to come. -#}

{#-
    Days until the next purchase by the usual gap, at least one; null without a usual gap. A customer
    who is overdue is expected after another usual gap, because the gap that has passed predicts
    nothing.
-#}
{% macro days_to_next(gap_days, days_since) -%}
    cast(
        case
            when {{ gap_days }} is null or {{ days_since }} is null then null
            when {{ days_since }} < {{ gap_days }} then ceil({{ gap_days }} - {{ days_since }})
            else ceil({{ at_least(gap_days, 1) }})
        end as integer
    )
{%- endmacro %}
