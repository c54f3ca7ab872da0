-- Topics of the texts of the latest month, in descending number of complaints.
-- key: topic
with

latest as (
    select max(month) as month from marts.complaint_topics_monthly
    where month <= $day
)

select
    topics.topic,
    topics.month,
    latest.month + interval 1 month > $day + interval 1 day as is_month_open,
    topics.texts,
    topics.customers,
    topics.complaints,
    topics.complaints - topics.complaints_change as complaints_before,
    topics.complaints_change,
    topics.complaint_share as share,
    array_to_string(
        list_filter(
            string_split(topics.terms, ', '),
            -- Without phrases of function words, which say nothing about the topic.
            lambda term: regexp_matches(term, '[^\x00-\x7f]')
            or (length(term) >= 4 and not regexp_matches(
                term,
                '\b(a|after|am|an|and|are|as|at|back|be|but|by|did|for|from|had|i|in|is|it|its|me|my'
                '|not|of|on|or|so|than|that|the|they|this|to|us|was|we|what|which|with|would|you)\b'
            ))
        )[1:4],
        ', '
    ) as words
from marts.complaint_topics_monthly as topics
inner join latest using (month)
where topics.texts > 0
order by topics.complaints desc, topics.texts desc, topics.topic
limit 8
