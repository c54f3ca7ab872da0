{#- Delivered versions of customers' texts that are not rejected and not blank. -#}
select
    _load_id as load_id,
    _row as row_no,
    source,
    source_feedback_id,
    source_customer_id,
    source_ticket_id,
    -- Texts of a ticket share its rating, so they must not be split between training and holdout.
    source || coalesce(':ticket:' || source_ticket_id, ':text:' || source_feedback_id)
        as label_group,
    created_at,
    cast(created_at as date) as written_on,
    text,
    rating,
    known_from,
    known_to,
    greatest(known_from, cast(created_at as date)) as known_on
from {{ ref('int_feedback_versions') }}
where _reject_reason is null and trim(text) != ''
