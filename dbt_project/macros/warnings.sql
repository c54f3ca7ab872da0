{#-
    The churn rate from which a warning is of some severity, by the base rate: `times` the base rate,
    and where that would be more than nine in ten, twice the base rate; where even this would, nine
    in ten.
-#}
{% macro severe_from(base_rate, times) -%}
    case
        when {{ times }} * {{ base_rate }} <= 0.9 then {{ times }} * {{ base_rate }}
        else least(2 * {{ base_rate }}, 0.9)
    end
{%- endmacro %}
