from __future__ import annotations

from tests.unit.ingestion.conftest import PRODUCTS, Shop


def test_the_reports_of_all_runs_add_up_to_the_ledger(shop: Shop) -> None:
    shop.tables["products"] = PRODUCTS
    shop.deliver("products.csv", "product_no\n1\n2\n")
    shop.deliver("orders_2026-06-16.csv", "order_no,amount\n1,5\n2,6,7\n")
    runs = [shop.extract("2026-06-16")]
    shop.deliver("orders_2026-06-17.csv", "order_no,amount\n3,5\n")
    shop.deliver("products.csv", "product_no\n1\n2\n3\n")
    runs.append(shop.extract("2026-06-17"))
    reports = [report for run in runs for report in run.values()]
    loaded = sum(report.files_loaded for report in reports)
    assert (loaded, sum(report.rows for report in reports)) == shop.query(
        "select count(*), sum(rows)::bigint from ops.load_ledger"
    )[0]
    assert sum(report.files_superseded for report in reports) == 1
    assert sum(report.files_unchanged for report in reports) == 1
    assert sum(report.rows_unreadable for report in reports) == 1
