{#-
    Net revenue expected of a customer over the next 365 days. A contract: twelve monthly fees. A
    buyer: the expected number of purchase days (BG/NBD) times the expected net revenue of such a day
    (Gamma-Gamma), both shrunk towards the company's mean the more, the shorter the history. Purchase
    days with an unknown amount count for the rate only; rows of an earlier release do not tell them
    apart. For eligible customers the product is multiplied by the factor of gradient-boosted trees
    (customer_values_daily).
-#}
{% macro expected_net_revenue(features, parameters, scores) -%}
    case
        when {{ features }}.monthly_amount is not null then 12 * {{ features }}.monthly_amount
        when {{ features }}.purchase_days_lifetime > 0
            then
                {{ parameters }}.level
                * 365
                * ({{ parameters }}.r + {{ features }}.purchase_days_lifetime - 1)
                / ({{ parameters }}.alpha + {{ features }}.days_since_first_order)
                * {{ parameters }}.p
                * ({{ parameters }}.gamma + {{ at_least('coalesce(' ~ features ~ '.net_revenue_lifetime, 0)', 0) }})
                / (
                    {{ parameters }}.p * case
                        when {{ features }}.net_revenue_lifetime > 0
                            then coalesce(
                                {{ features }}.valued_days_lifetime,
                                {{ features }}.purchase_days_lifetime
                            )
                        else 0
                    end
                    + {{ parameters }}.q
                    - 1
                )
                * coalesce({{ scores }}.value_factor, 1)
    end
{%- endmacro %}
