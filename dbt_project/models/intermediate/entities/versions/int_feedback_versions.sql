{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_feedback_id'],
    )
}}

{#-
    Never rebuilt: a text is scored by the model version of the day on which the text became known.
-#}
{{
    entity_versions(
        'feedback',
        key='source_feedback_id',
        required=['source_feedback_id', 'source_customer_id', 'created_at'],
        is_rebuilt=false,
    )
}}
