{#-
    Customer of each source record over time: one row per record and validity interval (valid_from
    <= day < valid_to).

    The history is a pure function of the delivered records and the decisions of the deployment, so
    it does not depend on how runs were cut. On any day the customers are the connected components
    of the records and links known by that day, and a customer's id is that of its oldest record.
    New records are younger and never change an id; a merge keeps the older id; a split leaves the
    id with the oldest record.

    Components are computed for all days at once: first over all links ever (`clusters`), then, only
    for clusters that changed after their first day, once for each day of a change.

    A decision never_same separates two records: the younger one (`separated`) loses its links with
    those records that are, without it, in the component of the older one.
-#}
with recursive

records as (
    select * from {{ ref('int_identity_records') }}
),

links as (
    select * from {{ ref('int_identity_links') }}
),

decisions as (
    select * from {{ ref('int_identity_decisions') }}
),

always_same as (
    select
        record_no as node,
        other_record_no as neighbour,
        valid_from
    from decisions
    where decision = 'always_same'
    union all
    select
        other_record_no as node,
        record_no as neighbour,
        valid_from
    from decisions
    where decision = 'always_same'
),

never_same as (
    select
        record_no,
        other_record_no,
        valid_from
    from decisions
    where decision = 'never_same'
    union
    -- A record that is always the same as the younger one is separated with it.
    select
        decisions.record_no,
        always_same.neighbour as other_record_no,
        greatest(decisions.valid_from, always_same.valid_from) as valid_from
    from decisions
    inner join always_same
        on
            decisions.other_record_no = always_same.node
            and decisions.record_no != always_same.neighbour
    where decisions.decision = 'never_same'
),

edges as (
    select
        record_no as node,
        other_record_no as neighbour,
        valid_from,
        valid_to
    from links
    union all
    select
        other_record_no as node,
        record_no as neighbour,
        valid_from,
        valid_to
    from links
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
        unnest([edges.valid_from, edges.valid_to]) as changed_on
    from edges
    inner join cluster_members on edges.node = cluster_members.record_no
    union
    select
        one.cluster_no,
        never_same.valid_from as changed_on
    from never_same
    inner join cluster_members as one on never_same.record_no = one.record_no
    inner join cluster_members as other on never_same.other_record_no = other.record_no
    where one.cluster_no = other.cluster_no
),

divided_clusters as (
    select distinct one.cluster_no
    from never_same
    inner join cluster_members as one on never_same.record_no = one.record_no
    inner join cluster_members as other on never_same.other_record_no = other.record_no
    where one.cluster_no = other.cluster_no
),

days as (
    select
        cluster_no,
        changed_on,
        row_number() over (partition by cluster_no order by changed_on) as day_no,
        lead(changed_on, 1, date '9999-12-31') over (
            partition by cluster_no order by changed_on
        ) as changed_again_on,
        count(*) over (partition by cluster_no) > 1
        or cluster_no in (select cluster_no from divided_clusters) as is_dated
    from cluster_days
    where changed_on < date '9999-12-31'
),

-- Record and day as one number: the record in the high bits, the day in the low 16.
dated_nodes as (
    select
        (cluster_members.record_no << 16) + days.day_no as node
    from days
    inner join cluster_members using (cluster_no)
    where days.is_dated and cluster_members.known_from <= days.changed_on
),

known_edges as (
    select
        (edges.node << 16) + days.day_no as node,
        (edges.neighbour << 16) + days.day_no as neighbour
    from days
    inner join cluster_members using (cluster_no)
    inner join edges on cluster_members.record_no = edges.node
    where
        days.is_dated
        and edges.valid_from <= days.changed_on
        and days.changed_on < edges.valid_to
),

separated as (
    select
        (never_same.other_record_no << 16) + days.day_no as node,
        (never_same.record_no << 16) + days.day_no as stranger
    from days
    inner join divided_clusters using (cluster_no)
    inner join cluster_members using (cluster_no)
    inner join never_same on cluster_members.record_no = never_same.other_record_no
    where never_same.valid_from <= days.changed_on
),

other_nodes as (
    select (cluster_members.record_no << 16) + days.day_no as node
    from days
    inner join divided_clusters using (cluster_no)
    inner join cluster_members using (cluster_no)
    anti join separated
        on (cluster_members.record_no << 16) + days.day_no = separated.node
    where cluster_members.known_from <= days.changed_on
),

other_edges as (
    select known_edges.*
    from known_edges
    semi join other_nodes on known_edges.node = other_nodes.node
    semi join other_nodes as other_neighbours on known_edges.neighbour = other_neighbours.node
),

{{ connected_components('other_components', 'other_nodes', 'other_edges') }},

-- Components of the strangers; of a stranger who is separated too, those it is linked with.
stranger_components as (
    select
        separated.node,
        other_components.component
    from separated
    inner join other_components on separated.stranger = other_components.node
    union
    select
        separated.node,
        other_components.component
    from separated
    inner join separated as strangers on separated.stranger = strangers.node
    inner join known_edges on strangers.node = known_edges.node
    inner join other_components on known_edges.neighbour = other_components.node
),

cut_edges as (
    select
        stranger_components.node,
        other_components.node as neighbour
    from stranger_components
    inner join other_components using (component)
    union
    select
        separated.node,
        others.node as neighbour
    from separated
    inner join known_edges on separated.node = known_edges.node
    inner join separated as others on known_edges.neighbour = others.node
    anti join always_same
        on
            known_edges.node >> 16 = always_same.node
            and known_edges.neighbour >> 16 = always_same.neighbour
    union
    select
        node,
        stranger as neighbour
    from separated
),

dated_edges as (
    select known_edges.*
    from known_edges
    anti join cut_edges using (node, neighbour)
    anti join cut_edges as cut_back
        on known_edges.node = cut_back.neighbour and known_edges.neighbour = cut_back.node
),

{{ connected_components('dated_components', 'dated_nodes', 'dated_edges') }},

-- A cluster without later changes has one interval, and needs no comparison of its days.
lasting as (
    select
        cluster_members.record_no,
        cluster_members.cluster_no as oldest_record_no,
        days.changed_on as valid_from,
        days.changed_again_on as valid_to
    from cluster_members
    inner join days using (cluster_no)
    where not days.is_dated
),

assigned as (
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
    union all
    select * from lasting
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
