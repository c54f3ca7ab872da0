{#-
    Product categories that were ever delivered, with number and bucket. One row per category. Other
    models read this table instead of scanning all order lines.
-#}
with

categories as (
    select distinct category from {{ ref('int_order_lines_versions') }}
    where category is not null and _reject_reason is null
),

final as (
    select
        category,
        {{ category_number('category') }} as category_number,
        cast(md5_number(category) % 12 as integer) as bucket
    from categories
)

select * from final
