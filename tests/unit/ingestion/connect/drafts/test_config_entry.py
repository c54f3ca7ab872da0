from __future__ import annotations

from datetime import date

import yaml

from deployment.config_file import load_config
from tests.unit.ingestion.connect.conftest import Deliver, Project


def test_subscriptions_without_orders_make_a_contractual_company(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "subscriptions.csv",
        "subscription_id,customer_id,start_date,end_date,mrr\n"
        + "".join(f"S{n},C{n % 9},2025-01-{n % 28 + 1:02},,9.5\n" for n in range(60)),
    )
    project.connect("saas_2", folder)
    config = load_config(project.config)
    assert config.company == "Saas 2"
    assert config.churn.kind == "contractual"
    assert (config.first_date, config.last_date) == (date(2025, 1, 1), date(2025, 1, 28))


def test_long_lists_of_columns_stand_below_each_other(project: Project, deliver: Deliver) -> None:
    columns = [f"a_long_name_of_a_column_{n}" for n in range(9)]
    folder = deliver("notes.csv", ",".join(columns) + "\n" + ",".join("abcdefghi") + "\n")
    project.connect("shop", folder)
    text = project.config.read_text()
    assert "        columns:\n          - a_long_name_of_a_column_0\n" in text
    assert yaml.safe_load(text)["sources"]["shop"]["tables"]["notes"]["columns"] == columns


def test_a_key_that_repeats_is_questioned(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "orders.csv",
        "order_no,ordered_at,total\n"
        + "".join(f"{n},2025-01-{n % 28 + 1:02},{n}.5\n" for n in [*range(1, 1500), 7]),
    )
    project.connect("shop", folder)
    assert "# TODO(connect): 1 of 1,500 rows repeat or lack the key" in project.config.read_text()


def test_the_first_date_is_that_of_the_data_without_an_outlier(
    project: Project, deliver: Deliver
) -> None:
    days = [f"2025-{n % 6 + 1:02}-{n % 28 + 1:02}" for n in range(3000)]
    folder = deliver(
        "orders.csv",
        "order_no,ordered_at,total\n"
        + "".join(f"{n},{day},{n}.5\n" for n, day in enumerate([*days, "1999-01-01"])),
    )
    project.connect("shop", folder)
    text = project.config.read_text()
    assert "first_date: 2025-01-01\n" in text
    assert "last_date: 2025-06-28 " in text
    assert "# TODO(connect): a few rows are from 1999-01-01: are they mistakes?" in text


def test_a_source_without_a_time_asks_for_the_first_date(
    project: Project, deliver: Deliver
) -> None:
    project.connect("notes", deliver("notes.csv", "a,b\n1,x\n2,y\n"))
    assert "first_date: 2020-01-01         # TODO(connect): no table has a time" in (
        project.config.read_text()
    )
