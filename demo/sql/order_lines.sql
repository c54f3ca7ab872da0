-- Order lines. In an episode of product fit a person buys in one category only.
create or replace table order_lines as
with numbered as (
    select
        orders.*,
        unnest(range(
            least(6, 1 + floor(basket * exponential(person_id, 'lines', occasion_no)))::integer
        ))::integer as line_no,
    from orders
),

chosen as (
    select
        *,
        occasion_no * 8 + line_no as counter,
        uniform(person_id, 'category', occasion_no * 8 + line_no) as taste_share,
    from numbered
),

categorised as (
    select
        *,
        case
            when taste_share < 0.45 + 0.45 * product_depth then favourite_category
            when taste_share < 0.72 + 0.20 * product_depth then second_category
            else floor(10 * uniform(person_id, 'any category', counter))::integer
        end as category_no,
    from chosen
)

select
    categorised.person_id,
    categorised.order_no,
    categorised.occasion_no,
    categorised.line_no,
    products.product_no,
    products.product_id,
    products.product_name,
    products.category,
    1 + floor(least(3, 0.45 * exponential(person_id, 'quantity', counter)))::integer as quantity,
    products.unit_price::decimal(18, 4) as unit_price,
    (products.unit_price * products.cost_share)::decimal(18, 4) as cost,
from categorised
inner join products
    on
        products.product_no
        = categorised.category_no * 24 + floor(24 * uniform(person_id, 'product', counter))::integer;
