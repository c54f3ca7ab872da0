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

    An order that is edited after it was placed loses lines that no delivery marks as deleted. Where
    one table has both orders and lines, a new version of the order has all its lines. Elsewhere a
    line that was not redelivered with a new amount ends if the redelivered lines fit the amount and
    all lines together do not (`line_ends`). Lines fit an amount if they add up to it, or if the
    difference, such as shipping, is that of the version before.

    Categories are hashed into twelve buckets of ten bits in one wide integer, so that a sum over
    many orders counts the orders of every category at once (up to 1,023 in a window): four times
    faster than twelve sums. `category_numbers` holds the exact categories (int_categories), because
    two of them may share a bucket.
-#}
{%- set has_versions = is_incremental() and 'known_from'
    in (adapter.get_columns_in_relation(this) | map(attribute='name') | list) %}
{%- set contents = [
    'line_count', 'units', 'cost_amount', 'line_amount', 'category_mask', 'category_counters',
    'category_numbers', 'gift_card_lines', 'gift_card_amount'
] %}
{%- set filled %}
        count(*) as line_count,
        sum(quantity) as units,
        -- Rounded before the sum, because a sum of doubles depends on the order of threads.
        cast(sum(try_cast(quantity * cost as decimal(18, 4))) as {{ money_type() }}) as cost_amount,
        sum(try_cast(quantity * unit_price as decimal(18, 4))) as line_amount,
        coalesce(bit_or(1 << bucket), 0) as category_mask,
        {%- for bucket in range(12) %}
        (cast(coalesce(bool_or(bucket = {{ bucket }}), false) as hugeint) << {{ bucket * 10 }})
        {{- ' +' if not loop.last }}
        {%- endfor %} as category_counters,
        list(distinct category_number order by category_number) as category_numbers,
        count_if(is_gift_card) as gift_card_lines,
        sum(try_cast(quantity * unit_price as decimal(18, 4))) filter (where is_gift_card)
            as gift_card_amount
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

order_versions as (
    select
        source,
        source_order_id,
        _load_id,
        known_from,
        net_amount,
        gross_amount,
        lag(net_amount) over of_order as previous_amount,
        lead(known_from) over of_order as replaced_on
    from {{ ref('int_orders_versions') }}
    {%- if is_incremental() %}
    semi join changed_orders using (source, source_order_id)
    {%- endif %}
    where _reject_reason is null
    window
        of_order as (partition by source, source_order_id order by _load_id, _row),
        of_versions as (partition by source, source_order_id)
    qualify count(*) over of_versions > 1
),

versioned_lines as (
    select
        versions.*,
        cast(versions.quantity * versions.unit_price as decimal(18, 4)) as line_amount
    from {{ ref('int_order_lines_versions') }} as versions
    semi join order_versions using (source, source_order_id)
    where versions._reject_reason is null and versions.known_from < versions.known_to
),

shared_loads as (
    select distinct order_versions._load_id
    from order_versions
    inner join {{ ref('int_order_lines_versions') }} as versions
        on order_versions._load_id = versions._load_id
),

edits as (
    select
        *,
        known_from as edited_on
    from order_versions
    where
        net_amount != previous_amount
        and known_from > date '0001-01-01'
        and _load_id not in (select shared_loads._load_id from shared_loads)
),

edited_sums as (
    select
        edits.source,
        edits.source_order_id,
        edits.edited_on,
        edits.net_amount,
        edits.gross_amount,
        edits.previous_amount,
        sum(lines.line_amount) filter (lines.known_from < edits.edited_on) as sum_before,
        sum(lines.line_amount) filter (edits.edited_on < lines.known_to) as sum_all,
        sum(lines.line_amount) filter (lines.known_from = edits.edited_on) as sum_redelivered
    from edits
    inner join versioned_lines as lines
        on
            edits.source = lines.source
            and edits.source_order_id = lines.source_order_id
            and lines.known_from <= edits.edited_on
            and edits.edited_on <= lines.known_to
    group by all
),

-- A difference of a cent is a rounding.
{%- set fits %}
        abs(net_amount - {0}) <= 0.01
        or abs(coalesce(gross_amount, net_amount) - {0}) <= 0.01
        or abs((net_amount - {0}) - (previous_amount - sum_before)) <= 0.01
{%- endset %}
reduced_edits as (
    select * from edited_sums
    where
        ({{ fits.format('sum_redelivered') }})
        and not coalesce({{ fits.format('sum_all') }}, true)
),

line_ends as (
    select
        lines._load_id,
        lines._row,
        lines.source_order_line_id,
        min(reduced_edits.edited_on) as ended_on
    from versioned_lines as lines
    inner join reduced_edits
        on
            lines.source = reduced_edits.source
            and lines.source_order_id = reduced_edits.source_order_id
            and lines.known_from < reduced_edits.edited_on
            and reduced_edits.edited_on < lines.known_to
    group by all
    union all
    select
        lines._load_id,
        lines._row,
        lines.source_order_line_id,
        min(order_versions.replaced_on) as ended_on
    from versioned_lines as lines
    inner join order_versions
        on
            lines._load_id = order_versions._load_id
            and lines.source = order_versions.source
            and lines.source_order_id = order_versions.source_order_id
    where
        lines._load_id in (select shared_loads._load_id from shared_loads)
        and order_versions.replaced_on < lines.known_to
    group by all
),

lines as (
    select
        versions.source,
        versions.source_order_id,
        versions.quantity,
        versions.unit_price,
        versions.cost,
        versions.is_gift_card,
        versions.known_from,
        coalesce(line_ends.ended_on, versions.known_to) as known_to,
        versions._known_to,
        versions._batch,
        categories.bucket,
        categories.category_number
    from {{ ref('int_order_lines_versions') }} as versions
    {%- if is_incremental() %}
    semi join changed_orders using (source, source_order_id)
    {%- endif %}
    left join categories on versions.category = categories.category
    left join line_ends using (_load_id, _row, source_order_line_id)
    where
        versions._reject_reason is null
        and versions.known_from < coalesce(line_ends.ended_on, versions.known_to)
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
        versions.unit_price,
        versions.cost,
        versions.is_gift_card,
        versions.known_from,
        coalesce(line_ends.ended_on, versions.known_to) as known_to,
        categories.bucket,
        categories.category_number
    from {{ ref('int_order_lines_versions') }} as versions
    semi join changing_orders using (source, source_order_id)
    left join categories on versions.category = categories.category
    left join line_ends using (_load_id, _row, source_order_line_id)
    where
        versions._reject_reason is null
        and versions.known_from < coalesce(line_ends.ended_on, versions.known_to)
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
