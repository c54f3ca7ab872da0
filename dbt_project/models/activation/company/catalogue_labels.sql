{{ config(materialized='table') }}

{#- Names of the catalogues' entries in every language, for pages that are read by people. -#}
with

labels as (
    {%- for kind, catalogue, key, label in [
        ('action', 'action_catalogue', 'action_id', 'label'),
        ('cause', 'cause_catalogue', 'cause', 'dimension'),
        ('signal', 'warning_catalogue', 'signal', 'label'),
        ('alarm', 'alarm_catalogue', "metric || ' ' || segment", 'label'),
    ] %}
    {%- set is_last = loop.last %}
    {%- for language in var('languages') %}
    select
        '{{ kind }}' as kind,
        {{ key }} as name,
        '{{ language }}' as language,
        {{ label }}_{{ language }} as label
    from {{ ref(catalogue) }}
    {%- if not (loop.last and is_last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

final as (
    select * from labels
)

select * from final
