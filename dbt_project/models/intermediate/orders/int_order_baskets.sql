{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_order_id'],
        on_schema_change='append_new_columns',
    )
}}

{#-
    Sums of an order's lines with their validity intervals: one row per order and interval
    (known_from <= date < known_to). Nearly every order has one row. An order whose lines came on
    several days, changed or were deleted has one row for each state, without gaps from its first
    line on: a row of nulls while it has no line.

    Categories are hashed into twelve buckets of ten bits in one wide integer, so that a sum over
    many orders counts the orders of every category at once (up to 1,023 in a window): four times
    faster than twelve sums. `category_numbers` holds the exact categories (int_categories), because
    two of them may share a bucket.
-#}
{%- set has_versions = is_incremental() and 'known_from'
    in (adapter.get_columns_in_relation(this) | map(attribute='name') | list) %}
{%- set contents = [
    'line_count', 'units', 'cost_amount', 'category_mask', 'category_counters', 'category_numbers'
] %}
{%- set filled %}
        count(*) as line_count,
        sum(quantity) as units,
        -- Rounded before the sum, because a sum of doubles depends on the order of threads.
        cast(sum(cast(quantity * cost as decimal(18, 4))) as {{ money_type() }}) as cost_amount,
        coalesce(bit_or(1 << bucket), 0) as category_mask,
        {%- for bucket in range(12) %}
        (cast(coalesce(bool_or(bucket = {{ bucket }}), false) as hugeint) << {{ bucket * 10 }})
        {{- ' +' if not loop.last }}
        {%- endfor %} as category_counters,
        list(distinct category_number order by category_number) as category_numbers
{%- endset %}
with
{% if is_incremental() %}
{%- if has_versions %}
-- Orders that the previous run saw rebuilt and this run must not, or vice versa.
seen_otherwise as (
    select
        source,
        source_order_id
    from (
        select distinct
            source,
            source_order_id
        from {{ ref('int_order_lines_versions') }}
        where _reject_reason is null and _known_to is not null
        union all
        select distinct
            source,
            source_order_id
        from {{ this }}
        where is_rebuilt
    ) as rebuilt
    group by all
    having count(*) = 1
),
{% endif %}
changed_orders as (
    select
        source,
        source_order_id,
        max(_batch) as _batch
    from {{ ref('int_order_lines_versions') }}
    where
        _reject_reason is null
        {%- if has_versions %}
        and _batch > {{ newest_built('_batch') }}
        {%- endif %}
    group by all
    {%- if has_versions %}
    union all
    select
        source,
        source_order_id,
        0 as _batch
    from seen_otherwise
    {%- endif %}
),
{% endif %}
categories as (
    select * from {{ ref('int_categories') }}
),

lines as (
    select
        versions.source,
        versions.source_order_id,
        versions.quantity,
        versions.cost,
        versions.known_from,
        versions.known_to,
        versions._known_to,
        versions._batch,
        categories.bucket,
        categories.category_number
    from {{ ref('int_order_lines_versions') }} as versions
    {%- if is_incremental() %}
    semi join changed_orders using (source, source_order_id)
    {%- endif %}
    left join categories on versions.category = categories.category
    where versions._reject_reason is null and versions.known_from < versions.known_to
),

filled as (
    select
        source,
        source_order_id,
        min(known_from) as known_from,
        min(known_to) as known_to,
        min(known_from) < max(known_from) or min(known_to) < date '9999-12-31' as is_changing,
        {{- filled }},
        bool_or(_known_to is not null) as is_rebuilt,
        max(_batch) as _batch
    from lines
    group by all
),

changing_orders as (
    select
        source,
        source_order_id,
        is_rebuilt,
        _batch
    from filled
    where is_changing
),

-- Read a second time: a CTE kept from the first reading would hold all lines, although few orders
-- change.
changing_lines as (
    select
        versions.source,
        versions.source_order_id,
        versions.quantity,
        versions.cost,
        versions.known_from,
        versions.known_to,
        categories.bucket,
        categories.category_number
    from {{ ref('int_order_lines_versions') }} as versions
    semi join changing_orders using (source, source_order_id)
    left join categories on versions.category = categories.category
    where versions._reject_reason is null and versions.known_from < versions.known_to
),

moments as (
    select
        source,
        source_order_id,
        known_from
    from changing_lines
    union
    select
        source,
        source_order_id,
        known_to as known_from
    from changing_lines
    where known_to < date '9999-12-31'
),

filled_moments as (
    select
        moments.source,
        moments.source_order_id,
        moments.known_from,
        {{- filled }}
    from moments
    inner join changing_lines as lines
        on
            moments.source = lines.source
            and moments.source_order_id = lines.source_order_id
            and lines.known_from <= moments.known_from
            and moments.known_from < lines.known_to
    group by all
),

-- New versions of lines mostly have the same values; the basket then stays the same.
changes as (
    select *
    from moments
    left join filled_moments using (source, source_order_id, known_from)
    qualify row({{ contents | join(', ') }}) is distinct from lag(
        row({{ contents | join(', ') }})
    ) over (partition by source, source_order_id order by known_from)
),

stretches as (
    select
        changes.*,
        lead(changes.known_from, 1, date '9999-12-31') over (
            partition by changes.source, changes.source_order_id
            order by changes.known_from
        ) as known_to,
        changing_orders.is_rebuilt,
        changing_orders._batch
    from changes
    inner join changing_orders using (source, source_order_id)
){% if is_incremental() %},

-- An order without remaining lines has a row of nulls in place of its sums.
emptied as (
    select
        source,
        source_order_id,
        date '0001-01-01' as known_from,
        date '9999-12-31' as known_to,
        false as is_rebuilt,
        max(_batch) as _batch
    from changed_orders
    anti join filled using (source, source_order_id)
    group by all
){% endif %},

final as (
    select * exclude (is_changing) from filled
    where not is_changing
    union all by name
    select * from stretches
    {%- if is_incremental() %}
    union all by name
    select * from emptied
    {%- endif %}
)

select * from final
