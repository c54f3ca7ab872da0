{#-
    Customer of each source record over time: one row per record and validity interval (valid_from
    <= day < valid_to).

    The history is a pure function of the delivered records, so it does not depend on how runs were
    cut. On any day the customers are the connected components of the records and keys known by that
    day, and a customer's id is that of its oldest record. New records are younger and never change
    an id; a merge keeps the older id; a split leaves the id with the oldest record. A key that more
    than max_records_per_key records of one source share links no records from the day on which that
    is known.

    Components are computed for all days at once: first over all keys ever (`clusters`), then, only
    for clusters that changed after their first day, once for each day of a change.
-#}
with recursive

records as (
    select
        source,
        source_customer_id,
        known_from,
        -- Oldest first. The tie-break within the first delivery is arbitrary but constant.
        row_number() over (order by known_from, source, source_customer_id) as record_no
    from {{ ref('int_customer_records') }}
),

referenced_ids as (
    select distinct
        key_value,
        split_part(key_value, ':', 1) as source,
        substr(key_value, length(split_part(key_value, ':', 1)) + 2) as source_customer_id
    from {{ ref('int_identity_keys') }}
    where key_type = 'cross_id'
),

record_keys as (
    select
        records.record_no,
        keys.key_type,
        keys.key_value,
        greatest(keys.known_from, records.known_from) as known_from
    from {{ ref('int_identity_keys') }} as keys
    inner join records
        on
            keys.source = records.source
            and keys.source_customer_id = records.source_customer_id
    union
    -- A source record also has the cross-id by which another system refers to it.
    select
        records.record_no,
        'cross_id' as key_type,
        referenced_ids.key_value,
        records.known_from
    from referenced_ids
    inner join records
        on
            referenced_ids.source = records.source
            and referenced_ids.source_customer_id = records.source_customer_id
),

source_shares as (
    select
        record_keys.key_type,
        record_keys.key_value,
        records.source,
        list_sort(list(record_keys.known_from)) as known_from_dates
    from record_keys
    inner join records using (record_no)
    group by all
    having count(*) > {{ var('max_records_per_key') }}
),

-- Day on which a key turned out to be shared by too many records of one system to identify a
-- person: for example a shop's own number, typed to get past a required field.
over_shared_keys as (
    select
        key_type,
        key_value,
        min(known_from_dates[{{ var('max_records_per_key') + 1 }}]) as over_shared_from
    from source_shares
    group by all
),

shared_keys as (
    select
        record_keys.key_type,
        record_keys.key_value,
        arg_min(record_keys.record_no, (record_keys.known_from, record_keys.record_no))
            as first_record_no,
        coalesce(any_value(over_shared_keys.over_shared_from), date '9999-12-31')
            as over_shared_from
    from record_keys
    left join over_shared_keys using (key_type, key_value)
    group by record_keys.key_type, record_keys.key_value
    having count(*) > 1
),

-- One star per key, from its first record to the others, each linked from the day on which it had
-- the key too: the same components with the fewest edges.
stars as (
    select
        shared_keys.first_record_no,
        record_keys.record_no,
        record_keys.known_from,
        shared_keys.over_shared_from
    from record_keys
    inner join shared_keys using (key_type, key_value)
    where
        record_keys.record_no != shared_keys.first_record_no
        and record_keys.known_from < shared_keys.over_shared_from
),

edges as (
    select
        first_record_no as node,
        record_no as neighbour,
        known_from,
        over_shared_from
    from stars
    union all
    select
        record_no as node,
        first_record_no as neighbour,
        known_from,
        over_shared_from
    from stars
),

linked_records as (
    select distinct node from edges
),

{{ connected_components('clusters', 'linked_records', 'edges') }},

cluster_members as (
    select
        records.record_no,
        records.known_from,
        coalesce(clusters.component, records.record_no) as cluster_no
    from records
    left join clusters on records.record_no = clusters.node
),

cluster_days as (
    select
        cluster_no,
        known_from as changed_on
    from cluster_members
    union
    select
        cluster_members.cluster_no,
        unnest([edges.known_from, edges.over_shared_from]) as changed_on
    from edges
    inner join cluster_members on edges.node = cluster_members.record_no
),

days as (
    select
        cluster_no,
        changed_on,
        row_number() over (partition by cluster_no order by changed_on) as day_no,
        lead(changed_on, 1, date '9999-12-31') over (
            partition by cluster_no order by changed_on
        ) as changed_again_on,
        count(*) over (partition by cluster_no) as day_count
    from cluster_days
    where changed_on < date '9999-12-31'
),

-- Record and day as one number: the record in the high bits, the day in the low 16.
dated_nodes as (
    select
        (cluster_members.record_no << 16) + days.day_no as node
    from days
    inner join cluster_members using (cluster_no)
    where days.day_count > 1 and cluster_members.known_from <= days.changed_on
),

dated_edges as (
    select
        (edges.node << 16) + days.day_no as node,
        (edges.neighbour << 16) + days.day_no as neighbour
    from days
    inner join cluster_members using (cluster_no)
    inner join edges on cluster_members.record_no = edges.node
    where
        days.day_count > 1
        and edges.known_from <= days.changed_on
        and days.changed_on < edges.over_shared_from
),

{{ connected_components('dated_components', 'dated_nodes', 'dated_edges') }},

assigned as (
    select
        cluster_members.record_no,
        cluster_members.cluster_no as oldest_record_no,
        days.changed_on,
        days.changed_again_on
    from cluster_members
    inner join days using (cluster_no)
    where days.day_count = 1
    union all
    select
        cluster_members.record_no,
        dated_components.component >> 16 as oldest_record_no,
        days.changed_on,
        days.changed_again_on
    from dated_components
    inner join cluster_members on dated_components.node >> 16 = cluster_members.record_no
    inner join days
        on
            cluster_members.cluster_no = days.cluster_no
            and dated_components.node & 65535 = days.day_no
),

stretches as (
    select
        record_no,
        oldest_record_no,
        changed_on,
        changed_again_on,
        coalesce(
            oldest_record_no != lag(oldest_record_no) over (
                partition by record_no order by changed_on
            ),
            true
        ) as is_new_stretch
    from assigned
),

numbered_stretches as (
    select
        *,
        count_if(is_new_stretch) over (
            partition by record_no order by changed_on
        ) as stretch_no
    from stretches
),

collapsed as (
    select
        record_no,
        oldest_record_no,
        min(changed_on) as valid_from,
        max(changed_again_on) as valid_to
    from numbered_stretches
    group by record_no, oldest_record_no, stretch_no
),

final as (
    select
        records.source,
        records.source_customer_id,
        -- Integer keys for joins and grouping; they change between builds.
        cast(records.record_no as integer) as record_no,
        cast(oldest.record_no as integer) as customer_no,
        'c' || left(md5(oldest.source || ':' || oldest.source_customer_id), 15) as customer_id,
        'c' || left(md5(records.source || ':' || records.source_customer_id), 15) as own_customer_id,
        collapsed.valid_from,
        collapsed.valid_to,
        collapsed.valid_from = records.known_from as is_first_stretch
    from collapsed
    inner join records on collapsed.record_no = records.record_no
    inner join records as oldest on collapsed.oldest_record_no = oldest.record_no
)

select * from final
