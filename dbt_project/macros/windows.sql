{#-
    Counts of several windows of whole weeks in one sum: twenty bits of a whole number for the
    latest days, for the rest of the latest twelve weeks, and for the days before these; and ten
    bits of a wide one for each of the twelve weeks. A third of the time of a sum for each.
-#}

{#- What a thing adds that happened `age_days` ago, by the days of the latest and of all windows. -#}
{% macro window_weight(age_days, latest, all) -%}
    cast(case
        when {{ age_days }} < {{ latest }} then 1
        when {{ age_days }} < 84 then cast(1 as bigint) << 20
        when {{ age_days }} < {{ all }} then cast(1 as bigint) << 40
        else 0
    end as bigint)
{%- endmacro %}

{#- The same for the twelve latest weeks. -#}
{% macro week_weight(age_days) -%}
    case when {{ age_days }} < 84 then cast(1 as hugeint) << (10 * (({{ age_days }}) // 7)) end
{%- endmacro %}

{#- What is counted in one window: 0 the latest, 1 the rest of the twelve weeks, 2 the days before. -#}
{% macro in_window(counts, window) -%}
    cast(({{ counts }} >> {{ 20 * window }}) & 1048575 as integer)
{%- endmacro %}

{#- What is counted in one week: 0 is the latest. -#}
{% macro in_week(counts, week) -%}
    cast(({{ counts }} >> {{ 10 * week }}) & 1023 as integer)
{%- endmacro %}
