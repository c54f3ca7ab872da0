{#- Fails for every feature without words in the catalogue, and every entry without a feature. -#}
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
    -- Features that the model computes itself (ml/purchases/purchase_process.py) are no columns.
    select feature from catalogue where not starts_with(feature, 'process_')
    except
    select feature from features
)
{% endtest %}
