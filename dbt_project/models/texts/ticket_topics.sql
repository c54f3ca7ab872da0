{#- Topics under which tickets were filed, by the day on which the topic was delivered. -#}
select
    source,
    source_ticket_id,
    topic,
    known_from
from {{ ref('int_tickets_versions') }}
where _reject_reason is null and topic is not null
