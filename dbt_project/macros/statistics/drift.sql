{#- Population stability index and its sampling-noise quantile, as in ml/monitoring/drift.py. -#}

{#-
    Contribution of one bin to the index of two histograms: `one` of `n` and `other` of `m` rows in
    `bins` bins. Half a row is added to every bin, so that an empty bin gives a finite index.
-#}
{% macro stability_term(one, n, other, m, bins) -%}
    {%- set p = '((' ~ one ~ ' + 0.5) / (' ~ n ~ ' + 0.5 * ' ~ bins ~ '))' -%}
    {%- set q = '((' ~ other ~ ' + 0.5) / (' ~ m ~ ' + 0.5 * ' ~ bins ~ '))' -%}
    ({{ p }} - {{ q }}) * ln({{ p }} / {{ q }})
{%- endmacro %}

{#-
    99.9 % quantile of the index of two samples of `n` and `m` of the same customers: (1/n + 1/m)
    times the quantile of chi-squared, by the cube of Wilson and Hilferty.
-#}
{% macro stability_by_chance(n, m, freedom) -%}
    case
        when {{ freedom }} > 0
            then
                (1.0 / {{ n }} + 1.0 / {{ m }}) * {{ freedom }}
                * power(
                    1 - 2.0 / (9 * {{ freedom }}) + 3.090232 * sqrt(2.0 / (9 * {{ freedom }})), 3
                )
        else 0
    end
{%- endmacro %}
