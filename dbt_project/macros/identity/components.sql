{#- Customers as connected components of records, and their numbers. -#}

{#-
    Connected components of an undirected graph, each named by its smallest node: a relation (node,
    component). `nodes` (node) and `edges` (node, neighbour; both directions) are CTEs. Labels
    spread one edge a step, and only nodes whose label just fell are visited again. The number of
    steps is the longest shortest path: a handful for records that share keys.
-#}
{% macro connected_components(name, nodes, edges) -%}
{{ name }} (node, component) using key (node) as (
    select
        node,
        node as component
    from {{ nodes }}
    union
    select
        reached.node,
        min(spread.component) as component
    from {{ name }} as spread
    inner join {{ edges }} as links on spread.node = links.node
    inner join recurring.{{ name }} as reached on links.neighbour = reached.node
    where spread.component < reached.component
    group by reached.node
)
{%- endmacro %}

{#- Customer ids by the numbers on which features are joined. -#}
{% macro ids_by_number() -%}
    select
        record_no as customer_no,
        own_customer_id as customer_id
    from {{ ref('int_identity_history') }}
    where is_first_stretch
{%- endmacro %}

{#- Customer ids by number, as of the date of `as_of`. -#}
{% macro ids_as_of() -%}
    select distinct
        history.customer_no,
        history.customer_id
    from {{ ref('int_identity_history') }} as history
    inner join as_of
        on history.valid_from <= as_of.as_of_date and as_of.as_of_date < history.valid_to
{%- endmacro %}
