"""A made-up grocer's loyalty-card export: eight tables of two years, the same for each seed.

No table has orders or customers by name. The log of purchases has one row a product and basket,
with a line total; fuel is measured in thousandths of a unit, so that price times quantity is no
money.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

_TABLES = """
create macro chance(text) as (hash(text || '{seed}') % 1000000) / 1000000.0;
create macro pick(choices, number) as choices[cast(1 + number % len(choices) as bigint)];

create table products as
select
    cast(800000 + i * 37 as varchar) as product_id,
    cast(1 + hash(i) % 60 as varchar) as manufacturer_id,
    case when i <= 3 then 'FUEL' when i % 5 = 0 then 'PRODUCE' when i % 5 = 1 then 'MEAT'
        else 'GROCERY' end as department,
    case when i % 4 = 0 then 'Private' else 'National' end as brand,
    case when i <= 3 then 'GASOLINE' else 'CATEGORY ' || chr(cast(65 + i % 22 as integer)) end
        as product_category,
    case when i <= 3 then 0.0 else 0.5 + round(12 * chance('price' || i), 2) end as shelf_price
from range(1, 401) as numbers (i);

create table households as
select
    cast(i as varchar) as household_id,
    5 + 50 * pow(chance('rhythm' || i), 2) as rhythm,
    cast(120 * chance('start' || i) as integer) as first_day,
    case when chance('leaves' || i) < 0.35 then cast(200 + 500 * chance('end' || i) as integer)
        else 900 end as last_day
from range(1, {households} + 1) as numbers (i);

create table visits as
select
    household_id,
    31000000000 + row_number() over (order by day, household_id, visit) as basket_id,
    day,
    cast(280 + hash(household_id) % 12 as varchar) as store_id,
    timestamp '2024-01-01' + to_days(cast(day as integer))
        + to_seconds(cast(28800 + 40000 * chance('time' || household_id || visit) as integer))
        as moment
from (
    select
        household_id,
        visit,
        last_day,
        -- Exponential gaps: a household buys at any time, with a rate of its own.
        first_day
            + floor(sum(rhythm * -ln(1 - chance('gap' || household_id || '-' || visit))) over (
            partition by household_id order by visit
        )) as day
    from households, range(0, 200) as visits (visit)
)
where day <= least(730, last_day);

create table rows_sold as
select
    visits.*,
    products.product_id,
    products.department,
    case
        when department = 'FUEL' then 3000 + cast(18000 * chance('gallons' || basket_id) as integer)
        when chance('pieces' || basket_id || line) < 0.2 then 2
        else 1
    end as quantity,
    case
        when department = 'FUEL' then round(quantity * 0.0027, 2)
        else round(shelf_price * quantity, 2)
    end as full_price,
    chance('card' || basket_id || line) as card,
    chance('coupon' || basket_id || line) as coupon
from visits
cross join range(0, 8) as lines (line)
inner join products
    on product_id = cast(
        800000 + 37 * (1 + hash(basket_id || '-' || line || '{seed}') % 400) as varchar
    )
where line <= hash(basket_id) % 8
qualify row_number() over (partition by basket_id, products.product_id order by line) = 1;

create table transactions as
select
    household_id,
    store_id,
    basket_id,
    product_id,
    quantity,
    round(full_price - retail_disc - coupon_disc, 2) as sales_value,
    retail_disc,
    coupon_disc,
    coupon_match_disc,
    cast(1 + day // 7 as integer) as week,
    strftime(moment, '%Y-%m-%d %H:%M:%S') as transaction_timestamp
from (
    select
        *,
        case when card < 0.4 then round(0.2 * full_price, 2) else 0.0 end as retail_disc,
        case when coupon < 0.02 then round(0.1 * full_price, 2) else 0.0 end as coupon_disc,
        case when coupon < 0.005 then round(0.05 * full_price, 2) else 0.0 end as coupon_match_disc
    from rows_sold
)
order by basket_id, product_id;

create table demographics as
select
    household_id,
    pick(['19-24', '25-34', '35-44', '45-54', '65+'], hash(household_id)) as age,
    pick(['Under 15K', '35-49K', '50-74K', '100-124K'], hash(household_id, 1))
        as income,
    case when hash(household_id, 2) % 3 = 0 then null else 'Homeowner' end as home_ownership,
    cast(1 + hash(household_id, 3) % 5 as varchar) as household_size
from households
where hash(household_id, 4) % 10 < 4
order by cast(household_id as integer);

create table campaign_descriptions as
select
    cast(i as varchar) as campaign_id,
    'Type ' || chr(cast(65 + i % 3 as integer)) as campaign_type,
    strftime(date '2024-03-01' + cast(25 * i as integer), '%Y-%m-%d') as start_date,
    strftime(date '2024-03-01' + cast(25 * i + 32 as integer), '%Y-%m-%d') as end_date
from range(1, 25) as numbers (i);

create table campaigns as
select campaign_id, household_id
from campaign_descriptions, households
where chance('sent' || campaign_id || '-' || household_id) < 0.2
order by cast(campaign_id as integer), cast(household_id as integer);

create table coupons as
select
    cast(10000080000 + i * 13 as varchar) as coupon_upc,
    cast(800000 + 37 * (1 + hash(i, 5) % 400) as varchar) as product_id,
    cast(1 + i % 24 as varchar) as campaign_id
from range(0, 600) as numbers (i)
order by coupon_upc;

create table coupon_redemptions as
select
    household_id,
    coupon_upc,
    campaign_id,
    strftime(
        cast(start_date as date)
            + cast(30 * chance('used' || campaign_id || household_id) as integer),
        '%Y-%m-%d'
    ) as redemption_date
from campaigns
inner join campaign_descriptions using (campaign_id)
inner join (select campaign_id, min(coupon_upc) as coupon_upc from coupons group by all)
    using (campaign_id)
where chance('redeems' || campaign_id || '-' || household_id) < 0.12
order by campaign_id, household_id;

create table promotions as
select
    product_id,
    cast(280 + i % 12 as varchar) as store_id,
    pick(['0', '5', '7', '9'], hash(product_id, i)) as display_location,
    pick(['0', 'A', 'D', 'F'], hash(i, product_id)) as mailer_location,
    cast(i as integer) as week
from products, range(1, 12) as weeks (i)
order by all;
"""

TABLES = (
    "transactions", "products", "demographics", "campaigns", "campaign_descriptions", "coupons",
    "coupon_redemptions", "promotions",
)  # fmt: skip


def write_grocer(folder: Path, *, households: int = 300, seed: int = 1) -> Path:
    """Write the grocer's eight CSV files into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute(_TABLES.format(households=households, seed=seed))
        for table in TABLES:
            excluded = " exclude (shelf_price)" if table == "products" else ""
            file = folder / f"{table}.csv"
            con.execute(f"copy (select *{excluded} from {table}) to '{file}' (nullstr '')")
    return folder
