{{ config(materialized='ephemeral') }}

{#- Sentiment and topic of each text, as scored on the day on which it became known. -#}
select
    load_id as _load_id,
    row_no as _row,
    model_version,
    sentiment,
    is_negative,
    topic
from {{ source('ml', 'text_scores') }}
