-- Word lists as tables, and as variables where one word is picked for each person.
create or replace table names as
select * from read_csv(getvariable('words') || '/names.csv', header = true, all_varchar = true);

create or replace table cities as
select
    city,
    country,
    sum(weight) over (order by position) / sum(weight) over () as upper_share,
    coalesce(lag(running) over (order by position), 0) / sum(weight) over () as lower_share,
    -- Day on which a competitor opens; null without a competitor.
    floor(competitor_opens_at * getvariable('days'))::integer as competitor_day,
from (
    select
        *,
        sum(weight) over (order by position) as running,
    from (
        select
            city,
            country,
            weight::double as weight,
            competitor_opens_at::double as competitor_opens_at,
            row_number() over (order by country, city) as position,
        from read_csv(
            getvariable('words') || '/cities.csv', header = true, all_varchar = true
        )
    )
);

-- 10 categories × 24 products (6 nouns × 4 makes), priced within the category's range.
create or replace table products as
with categories as (
    select
        (row_number() over (order by category) - 1)::integer as category_no,
        *,
    from read_csv(getvariable('words') || '/categories.csv', header = true)
),

things as (
    select
        *,
        [noun_1, noun_2, noun_3, noun_4, noun_5, noun_6] as nouns,
        ['Classic', 'Nordic', 'Reserve', 'Studio'] as makes,
    from categories
)

select
    category_no * 24 + item_no::integer as product_no,
    category_no,
    category,
    printf('P%04d', 1000 + category_no * 24 + item_no) as product_id,
    makes[1 + item_no // 6] || ' ' || nouns[1 + item_no % 6] as product_name,
    round(
        lowest_price
        + (highest_price - lowest_price) * pow(uniform(category_no, 'price', item_no), 2)
    ) - 0.05 as unit_price,
    cost_share,
from things, range(24) as items (item_no);

create or replace table texts as
select
    kind,
    language,
    coalesce(topic, '') as topic,
    sentiment_class,
    list(text order by text) as variants,
from read_csv(getvariable('words') || '/texts.csv', header = true, all_varchar = true)
group by all;

create or replace table actions as
select
    (row_number() over (order by action_id) - 1)::integer as action_no,
    *,
from read_csv(getvariable('words') || '/actions.csv', header = true);

set variable given_en = (
    select list({name: name, latin: latin} order by latin)
    from names where language = 'en' and part = 'given'
);
set variable family_en = (
    select list({name: name, latin: latin} order by latin)
    from names where language = 'en' and part = 'family'
);
set variable given_zh = (
    select list({name: name, latin: latin} order by latin)
    from names where language = 'zh' and part = 'given'
);
set variable family_zh = (
    select list({name: name, latin: latin} order by latin)
    from names where language = 'zh' and part = 'family'
);
