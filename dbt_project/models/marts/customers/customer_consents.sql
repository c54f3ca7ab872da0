{#-
    Answers of each customer on contacts, as known on the as-of date: one row per customer, purpose
    and channel that any of the customer's records answered. The rows of channel 'any' follow from
    the answers for every channel alone, among them `marketing_consent` of the customer records.

    A no counts unless a yes was given after it, in any system. A no for every channel ends with a
    later yes for every channel or for the channel in question, and a no for one channel only with a
    later yes for this channel. On the same day the no counts.

    The last update of a customer record is no time of its consent: an address that is corrected
    renews no yes. A value counts from the delivery that first showed it. A value of a record's first
    delivery counts, if it is a yes, from the record's creation, and if it is a no, from its last
    update, so that a doubt is a no. For the same reason a no without a time counts from the as-of
    date, and a yes without a time from its delivery.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

versions as (
    select
        identities.customer_id,
        versions.source,
        versions.source_customer_id,
        versions.marketing_consent,
        versions.known_from,
        as_of.as_of_date < versions.known_to as is_current,
        cast(versions.created_at as date) as created_on,
        case
            when cast(versions.updated_at as date) <= as_of.as_of_date
                then cast(versions.updated_at as date)
        end as updated_on,
        coalesce(
            versions.marketing_consent <> lag(versions.marketing_consent) over of_record, true
        ) as is_change,
        row_number() over of_record as version_no
    from {{ ref('int_customers_versions') }} as versions
    inner join identities using (source, source_customer_id)
    inner join as_of on versions.known_from <= as_of.as_of_date
    where
        versions._reject_reason is null
        and versions.marketing_consent is not null
    window
        of_record as (
            partition by versions.source, versions.source_customer_id
            order by versions.known_from, versions._load_id, versions._row
        )
),

-- The latest stretch of versions with one value, which the current version ends.
stretches as (
    select
        *,
        max(known_from) filter (where is_change) over so_far as changed_on,
        count(*) filter (where is_change) over so_far = 1 as is_first
    from versions
    window so_far as (partition by source, source_customer_id order by version_no)
),

answers_of_records as (
    select
        customer_id,
        'marketing' as purpose,
        'any' as channel,
        marketing_consent as is_granted,
        case
            when not is_first then changed_on
            when marketing_consent then coalesce(created_on, changed_on)
            else coalesce(greatest(updated_on, created_on), changed_on)
        end as answered_on
    from stretches
    where is_current
),

answers_of_entries as (
    select
        identities.customer_id,
        entries.purpose,
        coalesce(entries.channel, 'any') as channel,
        entries.is_granted,
        case
            when entries.answered_at is not null then cast(entries.answered_at as date)
            when entries.is_granted then entries.known_from
            else as_of.as_of_date
        end as answered_on
    from {{ ref('int_consents_versions') }} as entries
    inner join identities using (source, source_customer_id)
    inner join as_of
        on entries.known_from <= as_of.as_of_date and as_of.as_of_date < entries.known_to
    where
        entries._reject_reason is null
        and coalesce(cast(entries.answered_at as date) <= as_of.as_of_date, true)
),

answers as (
    select * from answers_of_records
    union all
    select * from answers_of_entries
),

by_channel as (
    select
        customer_id,
        purpose,
        channel,
        max(answered_on) filter (where is_granted) as granted_on,
        max(answered_on) filter (where not is_granted) as refused_on
    from answers
    group by all
),

-- The answers for every channel beside those for one; both are the same row for channel 'any'.
-- greatest() ignores a null: an answer that was never given.
compared as (
    select
        by_channel.customer_id,
        by_channel.purpose,
        by_channel.channel,
        by_channel.granted_on,
        by_channel.refused_on,
        for_all.refused_on as refused_for_all_on,
        greatest(by_channel.granted_on, for_all.granted_on) as latest_granted_on,
        greatest(by_channel.refused_on, for_all.refused_on) as latest_refused_on
    from by_channel
    left join by_channel as for_all
        on
            by_channel.customer_id = for_all.customer_id
            and by_channel.purpose = for_all.purpose
            and for_all.channel = 'any'
),

judged as (
    select
        *,
        latest_granted_on is not null
        and coalesce(granted_on > refused_on, refused_on is null)
        and coalesce(latest_granted_on > refused_for_all_on, refused_for_all_on is null)
            as is_granted
    from compared
),

final as (
    select
        customer_id,
        purpose,
        channel,
        is_granted,
        case when is_granted then latest_granted_on else latest_refused_on end as answered_on
    from judged
)

select * from final
