{#- Fails for every value that is none of a segmentation's; by default the column is the segmentation. -#}
{% test is_a_segment(model, column_name, segmentation=none) %}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} not in (
        {%- for value in segment_values(segmentation or column_name) %}
        '{{ value }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
{% endtest %}
