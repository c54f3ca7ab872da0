{#- Counts behind the early warnings, and the severity of a signal. -#}

{#-
    Counts whose fall is a warning: the packed column of feat_purchases or feat_behaviour that holds
    the count, days of the latest window and days of the whole history.
-#}
{% macro falling_counts() -%}
    {{ return({
        'orders_falling': {'counts': 'order', 'window': 56, 'history': 364, 'since': 'order'},
        'visits_falling': {'counts': 'active', 'window': 28, 'history': 252, 'since': 'activity'},
        'feature_use_falling': {'counts': 'feature', 'window': 28, 'history': 252, 'since': 'activity'},
        'email_opens_falling': {'counts': 'email', 'window': 28, 'history': 252, 'since': 'activity'},
        'orders_sliding': {'counts': 'order', 'window': 84, 'history': 364, 'since': 'order'},
        'visits_sliding': {'counts': 'active', 'window': 84, 'history': 252, 'since': 'activity'},
    }) }}
{%- endmacro %}

{#- Slow declines, each with the quick decline that is reported instead where both are detected. -#}
{% macro sliding_counts() -%}
    {{ return({'orders_sliding': 'orders_falling', 'visits_sliding': 'visits_falling'}) }}
{%- endmacro %}

{#- Counts whose rise is a warning, with the days of the latest window. -#}
{% macro rising_counts() -%}
    {{ return({'complaints_rising': 30, 'returns_rising': 90, 'failures_rising': 28}) }}
{%- endmacro %}

{#- Churn rate from which a warning has a severity: `times` the base rate, and at most 0.9. -#}
{% macro severe_from(base_rate, times) -%}
    {{ at_most(times ~ ' * ' ~ base_rate, 0.9) }}
{%- endmacro %}

{#-
    Days that a customer stays on the list of warnings: a week, in which somebody can act. The
    customer then rests for one horizon, in which the outcome shows.
-#}
{% macro listed_days() -%}
    {{ return(7) }}
{%- endmacro %}

{#- Days without a signal after which the signal is a new one, and lifts a customer's rest. -#}
{% macro new_signal_days() -%}
    {{ return(28) }}
{%- endmacro %}
