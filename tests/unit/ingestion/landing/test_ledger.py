from __future__ import annotations

from tests.unit.ingestion.conftest import ORDERS, PRODUCTS, Shop


def test_a_corrected_file_supersedes_its_rows_from_the_day_of_the_run(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.extract("2026-06-16")
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,7\n")
    report = shop.extract("2026-06-18")["orders"]
    assert (report.files_loaded, report.files_superseded) == (1, 1)
    assert shop.query(
        """
        select load_id, delivered_on::varchar, known_from::varchar, superseded_by,
            superseded_on::varchar
        from ops.load_ledger order by load_id
        """
    ) == [
        (1, "2026-06-16", None, 2, "2026-06-18"),
        (2, "2026-06-18", "2026-06-18", None, None),
    ]
    # Raw is append-only: the wrong row is still there, for whoever asks what was known then.
    assert shop.query("select _load_id, amount from raw_shop.orders order by 1") == [
        (1, "5"),
        (2, "7"),
    ]


def test_a_file_that_returns_to_its_old_content_is_a_correction(shop: Shop) -> None:
    for day, amount in (("2026-06-16", 5), ("2026-06-17", 7), ("2026-06-18", 5)):
        shop.deliver("orders_2026-06-16.csv", f"order_no,amount\n1,{amount}\n")
        shop.extract(day)
    live = "select load_id from ops.load_ledger where superseded_by is null"
    assert shop.query(live) == [(3,)]


def test_no_date_has_two_valid_contents_of_a_file_even_if_dates_run_out_of_order(
    shop: Shop,
) -> None:
    for day, amount in (("2026-06-16", 1), ("2026-06-20", 2), ("2026-06-17", 3)):
        shop.deliver("orders_2026-06-16.csv", f"order_no,amount\n1,{amount}\n")
        shop.extract(day)
    live = """
        select count(*) from ops.load_ledger
        where coalesce(known_from, '-infinity') <= day and coalesce(superseded_on, 'infinity') > day
    """
    assert shop.query(
        f"""
        select distinct ({live}) from
        (select unnest(generate_series(date '2026-06-16', date '2026-06-25', interval 1 day))::date
            as day)
        """
    ) == [(1,)]


def test_the_first_drop_is_known_from_the_beginning_and_later_ones_from_their_day(
    shop: Shop,
) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n")
    shop.deliver("orders_2026-06-17.csv", "order_no,amount\n2,5\n")
    shop.extract("2026-06-20")
    known_from = "select known_from::varchar from ops.load_ledger order by drop_date"
    assert shop.query(known_from) == [(None,), ("2026-06-17",)]


def test_an_undated_file_is_known_from_the_beginning_unless_the_table_was_there_before(
    shop: Shop,
) -> None:
    shop.tables = {"products": {**PRODUCTS, "path": "products*.csv"}}
    shop.deliver("products.csv", "product_no\n1\n")
    shop.extract("2026-06-16")
    shop.deliver("products_more.csv", "product_no\n2\n")
    shop.extract("2026-06-18")
    assert shop.query(
        "select path, known_from::varchar, delivered_on::varchar from ops.load_ledger order by 1"
    ) == [
        ("products.csv", None, "2026-06-16"),
        ("products_more.csv", "2026-06-18", "2026-06-18"),
    ]


def test_load_ids_follow_the_drops_days_across_tables(shop: Shop) -> None:
    shop.tables["visits"] = {**ORDERS, "path": "in/{date}/visits_{date}.csv"}
    for day in ("2026-06-17", "2026-06-16"):
        shop.deliver(f"in/{day}/visits_{day}.csv", "order_no,amount\n")
        shop.deliver(f"orders_{day}.csv", "order_no,amount\n")
    shop.extract("2026-06-17")
    assert shop.query(
        "select drop_date::varchar, table_name from ops.load_ledger order by load_id"
    ) == [
        ("2026-06-16", "orders"),
        ("2026-06-16", "visits"),
        ("2026-06-17", "orders"),
        ("2026-06-17", "visits"),
    ]
