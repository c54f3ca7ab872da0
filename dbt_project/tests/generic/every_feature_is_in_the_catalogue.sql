{#- Fails for every feature that could become a reason without words, and every word without feature. -#}
{% test every_feature_is_in_the_catalogue(model) %}
with

features as (
    select unnest([
        {%- for name in feature_columns() %}
        '{{ name }}'{{ ',' if not loop.last }}
        {%- endfor %}
    ]) as feature
),

catalogue as (
    select feature from {{ ref('feature_catalogue') }}
)

(select feature from features except select feature from catalogue)
union all
(
    -- What a model itself says of the purchase process (ml/purchases/purchase_model.py) is no column here.
    select feature from catalogue where not starts_with(feature, 'process_')
    except
    select feature from features
)
{% endtest %}
