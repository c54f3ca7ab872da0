{#-
    Categories ever delivered, with number and bucket: one row per category. Lines are many and
    categories are few, so this is the only model that reads the lines for them.
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
