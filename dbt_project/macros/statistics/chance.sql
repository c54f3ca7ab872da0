{#- Tails of the distributions by which warnings are judged. -#}

{#-
    Upper tail of the standard normal (Abramowitz and Stegun 26.2.17). The absolute error is below
    7.5e-8. The relative error is below 0.1 % for probabilities down to 1e-4.
-#}
{% macro normal_tail(z) -%}
    {%- set t = '(1 / (1 + 0.2316419 * abs(' ~ z ~ ')))' -%}
    {%- set tail -%}
    (exp(-power({{ z }}, 2) / 2) / sqrt(2 * pi()) * {{ t }} * (
        0.319381530 + {{ t }} * (
            -0.356563782 + {{ t }} * (
                1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429)
            )
        )
    ))
    {%- endset -%}
    case when {{ z }} >= 0 then {{ tail }} else 1 - {{ tail }} end
{%- endmacro %}

{#-
    Upper tail of F with d1 and d2 degrees of freedom, by Paulson's cube-root approximation (An
    approximate normalization of the analysis of variance distribution, 1942).
-#}
{% macro f_tail_z(f, d1, d2) -%}
    (
        (1 - 2 / (9 * {{ d2 }})) * cbrt({{ f }}) - (1 - 2 / (9 * {{ d1 }}))
    ) / sqrt(2 / (9 * {{ d2 }}) * power(cbrt({{ f }}), 2) + 2 / (9 * {{ d1 }}))
{%- endmacro %}

{#- Upper tail of chi-squared as a normal deviate, by Wilson and Hilferty's cube root (1931). -#}
{% macro chi_squared_z(x, freedom) -%}
    (cbrt({{ x }} / {{ freedom }}) - (1 - 2 / (9 * {{ freedom }}))) / sqrt(2 / (9 * {{ freedom }}))
{%- endmacro %}

{#-
    P(from <= X <= to) of a negative binomial with a mean and a shape, term by term: a Poisson count
    whose rate is gamma-distributed. At most the 400 terms next to `to` are summed; terms further
    away are negligible.
-#}
{% macro negative_binomial(low, high, mean, shape) -%}
    coalesce(list_sum(list_transform(
        range(greatest({{ low }}, {{ high }} - 400), {{ high }} + 1),
        lambda x: exp(
            lgamma(x + {{ shape }}) - lgamma({{ shape }}) - lgamma(x + 1)
            + {{ shape }} * ln({{ shape }} / ({{ shape }} + {{ mean }}))
            + x * ln({{ mean }} / ({{ shape }} + {{ mean }}))
        )
    )), 0)
{%- endmacro %}

{#- P(X >= low) of a beta-binomial of n trials, summed term by term. -#}
{% macro beta_binomial_tail(low, n, a, b) -%}
    coalesce(list_sum(list_transform(
        range({{ low }}, {{ n }} + 1),
        lambda x: exp(
            lgamma({{ n }} + 1) - lgamma(x + 1) - lgamma({{ n }} - x + 1)
            + lgamma(x + {{ a }}) + lgamma({{ n }} - x + {{ b }}) - lgamma({{ n }} + {{ a }} + {{ b }})
            + lgamma({{ a }} + {{ b }}) - lgamma({{ a }}) - lgamma({{ b }})
        )
    )), 0)
{%- endmacro %}

{#- Lower limit of the one-sided 95 % confidence interval of a share of n cases (Wilson 1927). -#}
{% macro share_at_least(share, n) -%}
    (
        {{ share }} + 1.3530 / {{ n }}
        - 1.6449 * sqrt({{ share }} * (1 - {{ share }}) / {{ n }} + 0.6764 / power({{ n }}, 2))
    ) / (1 + 2.7057 / {{ n }})
{%- endmacro %}

{#-
    Put at the end of a query, so that filters on its rows are applied after it. Without it DuckDB
    moves a filter on a tail to the scan and computes every tail three times.
-#}
{% macro worked_out_once() -%}
    limit 9000000000000000000
{%- endmacro %}

{#-
    Limit of the confidence interval of a share of `number` cases (Wilson 1927), at `z` standard
    deviations: negative for the lower limit.
-#}
{% macro wilson_bound(cases, number, z) -%}
    ({{ cases }} + {{ z * z / 2 }} + {{ z }} * sqrt(
        {{ cases }} * (1 - {{ cases }} / {{ number }}) + {{ z * z / 4 }}
    )) / ({{ number }} + {{ z * z }})
{%- endmacro %}
