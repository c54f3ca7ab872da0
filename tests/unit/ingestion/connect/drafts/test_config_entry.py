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
