{#- What was read out of each delivered text, on the day it became known. -#}
select
    load_id as _load_id,
    row_no as _row,
    model_version,
    sentiment,
    is_negative,
    topic
from {{ source('ml', 'text_scores') }}
