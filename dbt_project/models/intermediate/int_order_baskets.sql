{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_order_id'],
        on_schema_change='append_new_columns',
    )
}}

{#-
    What an order's lines say of the order. Categories are hashed into twelve buckets; each bucket
    is ten bits of one wide integer, so that sums over many orders count, for every category at
    once, the orders that had it (up to 1,023 in a window): four times faster than twelve sums.
    Beside them `category_numbers` tells which categories they were (int_categories), because two of
    them may share a bucket.
-#}
{%- set has_numbers = is_incremental() and 'category_numbers'
    in (adapter.get_columns_in_relation(this) | map(attribute='name') | list) %}
with

lines as (
    select * from {{ ref('int_order_lines_versions') }}
    where _reject_reason is null and known_to = date '9999-12-31'
),
{% if is_incremental() %}
changed_orders as (
    select
        source,
        source_order_id,
        max(_batch) as _batch
    from {{ ref('int_order_lines_versions') }}
    where
        _reject_reason is null
        {%- if has_numbers %}
        and _batch > {{ newest_built('_batch') }}
        {%- endif %}
    group by all
),
{% endif %}
categories as (
    select * from {{ ref('int_categories') }}
),

bucketed as (
    select
        lines.source,
        lines.source_order_id,
        lines.quantity,
        lines.cost,
        lines._batch,
        categories.bucket,
        categories.category_number
    from lines
    {%- if is_incremental() %}
    semi join changed_orders using (source, source_order_id)
    {%- endif %}
    left join categories on lines.category = categories.category
),

filled as (
    select
        source,
        source_order_id,
        count(*) as line_count,
        sum(quantity) as units,
        -- Rounded before they are summed: a sum of doubles depends on the order of its threads.
        cast(sum(cast(quantity * cost as decimal(18, 4))) as decimal(18, 2)) as cost_amount,
        coalesce(bit_or(1 << bucket), 0) as category_mask,
        {%- for bucket in range(12) %}
        (cast(coalesce(bool_or(bucket = {{ bucket }}), false) as hugeint) << {{ bucket * 10 }})
        {{- ' +' if not loop.last }}
        {%- endfor %} as category_counters,
        list(distinct category_number order by category_number) as category_numbers,
        max(_batch) as _batch
    from bucketed
    group by all
){% if is_incremental() %},

-- An order that has lost all its lines has a row of nothing, in place of what they said.
emptied as (
    select * from changed_orders
    anti join filled using (source, source_order_id)
){% endif %},

final as (
    select * from filled
    {%- if is_incremental() %}
    union all by name
    select * from emptied
    {%- endif %}
)

select * from final
