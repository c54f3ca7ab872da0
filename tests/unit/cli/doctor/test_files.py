from __future__ import annotations

import pytest

from tests.unit.cli.doctor.conftest import CONFIG, Deployment


def test_a_table_without_files_is_an_error_unless_it_is_optional(deployment: Deployment) -> None:
    (deployment.shop / "orders_2026-06-29.csv").unlink()
    assert deployment.problems() == [
        f"error: shop.orders: no file {deployment.shop}/orders_{{date}}.csv"
    ]
    deployment.config.write_text(CONFIG + "        optional: true\n")
    assert deployment.problems() == []


def test_a_file_with_another_date_format_is_a_warning(deployment: Deployment) -> None:
    deployment.deliver("orders_20260630.csv", "order_no,amount\n")
    (problem,) = deployment.problems()
    assert problem.startswith("warning: shop.orders: ignored files, not named orders_{date}")
    assert problem.endswith("orders_20260630.csv")


def test_a_source_without_recent_files_is_a_warning(deployment: Deployment) -> None:
    (deployment.shop / "orders_2026-06-29.csv").rename(deployment.shop / "orders_2026-06-20.csv")
    assert deployment.problems() == ["warning: shop.orders: the latest file is of 2026-06-20"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty (0 bytes)"),
        ("order_no;amount\n", "looks delimited by ';'"),
        ("order_no\n", "missing column amount"),
        ("order_no,amount\n1,5\n2", "line 3: the file ends within it"),
    ],
)
def test_a_newest_file_that_cannot_be_read_is_an_error(
    deployment: Deployment, text: str, problem: str
) -> None:
    deployment.deliver("orders_2026-06-30.csv", text)
    (found,) = deployment.problems()
    assert found.startswith("error: shop.orders: ")
    assert problem in found


def test_a_repeated_key_is_a_warning(deployment: Deployment) -> None:
    deployment.deliver("orders_2026-06-30.csv", "order_no,amount\n1,5\n1,6\n2,5\n")
    assert deployment.problems() == [
        "warning: shop.orders: 1 of the first 3 rows of orders_2026-06-30.csv repeat order_no"
    ]


def test_rows_that_cannot_be_read_are_a_warning_with_their_number(deployment: Deployment) -> None:
    deployment.deliver("orders_2026-06-30.csv", 'order_no,amount\n1,5\n2\n3,"5\n4,5\n')
    assert deployment.problems() == [
        "warning: shop.orders: 2 rows of orders_2026-06-30.csv cannot be read and will be rejected"
    ]
