{#-
    Every category that was ever delivered, its number and its bucket: one row a category. Lines
    are many and categories are few, so that nobody else has to look through the lines for them.
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
