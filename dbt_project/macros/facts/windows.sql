{#-
    Counts of several windows of whole weeks packed into one sum. Twenty bits of an integer each for
    the latest days, the rest of the latest twelve weeks, and the days before; ten bits of a wide
    integer for each of the twelve weeks. This takes a third of the time of separate sums.
-#}

{#-
    Packed count of an event `age_days` ago, by the days of the latest window and of all windows.
-#}
{% macro window_weight(age_days, latest, all) -%}
    cast(case
        when {{ age_days }} < {{ latest }} then 1
        when {{ age_days }} < 84 then cast(1 as bigint) << 20
        when {{ age_days }} < {{ all }} then cast(1 as bigint) << 40
        else 0
    end as bigint)
{%- endmacro %}

{#- Packed count of an event in the twelve latest weeks. -#}
{% macro week_weight(age_days) -%}
    case when {{ age_days }} < 84 then cast(1 as hugeint) << (10 * (({{ age_days }}) // 7)) end
{%- endmacro %}

{#- Count of one window: 0 the latest, 1 the rest of the twelve weeks, 2 the days before. -#}
{% macro in_window(counts, window) -%}
    cast(({{ counts }} >> {{ 20 * window }}) & 1048575 as integer)
{%- endmacro %}

{#- Count of one week: 0 is the latest. -#}
{% macro in_week(counts, week) -%}
    cast(({{ counts }} >> {{ 10 * week }}) & 1023 as integer)
{%- endmacro %}
