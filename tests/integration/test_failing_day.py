"""Sources, receivers and copies that fail on one day: it is published, and the next repairs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.databases import Server
from tests.integration.deployments import GRAINS, HISTORY, Deployment
from tests.integration.failing_day import AFTER, NEXT, FailingDay, dead_letters, failing_day
from tests.published_copies import differing_rows

TREATED = "arm = 'treatment'"


@pytest.fixture(scope="module")
def after(
    first_day: Deployment, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FailingDay]:
    with failing_day(first_day, postgres, tmp_path_factory.mktemp("failing")) as found:
        yield found


def test_a_reader_in_a_loop_never_fails_and_never_sees_half_a_day(after: FailingDay) -> None:
    assert after.reader is not None, after.errors
    seen = [
        [int(count) for count in line.split()]
        for line in after.reader.splitlines()
        if line.count(" ") == 2
    ]
    assert {days for days, *_ in seen} >= {1, 2}
    assert all(len(set(counts)) == 1 for counts in seen)


def test_a_column_that_is_gone_costs_its_source_a_day_and_no_other(
    after: FailingDay, day_by_day: Deployment
) -> None:
    message = after.failed.sources["shop"]
    assert message is not None
    assert "shop.orders.net_amount" in message
    assert "dbt_project/models/staging/shop/stg_shop__orders.sql" in message
    assert after.failed.sources["helpdesk"] is None
    assert after.failed.days == 2
    unread = {
        source
        for source, rows in after.failed.loaded.items()
        if rows == after.loaded_before[source]
    }
    assert unread == {"crm", "shop"}

    assert after.mended.sources == {"crm": None, "shop": None, "helpdesk": None}
    counts = f"""
        select source, table_name, sum(rows) from ops.load_ledger
        where drop_date <= '{AFTER}' group by all order by all
    """
    assert after.deployment.warehouse(counts) == day_by_day.warehouse(counts)


def test_a_file_with_other_columns_is_named(after: FailingDay) -> None:
    stale = {
        str(source): str(message)
        for source, message in after.deployment.warehouse(
            "select source, message from ops.extractions"
            f" where run_date = '{NEXT}' and not is_complete"
        )
    }
    assert stale.keys() == {"crm", "shop"}
    assert f"touches_{NEXT}.csv" in stale["crm"]


def actions(home: Path, day: str) -> list[dict[str, Any]]:
    path = home / "hand_over" / day / "actions.parquet"
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def test_the_files_have_the_published_treatments_with_their_contacts(
    first_day: Deployment,
) -> None:
    handed = actions(first_day.home.root, HISTORY.isoformat())
    treated = first_day.query(
        f"select customer_id, action_id from activation.customer_actions_daily where {TREATED}"
    )
    assert sorted((row["customer_id"], row["action_id"]) for row in handed) == sorted(treated)
    assert handed
    contacts = {"email": "email", "phone": "phone", "post": "full_name"}
    assert all(row[contacts[row["channel"]]] for row in handed)
    known = dict(first_day.warehouse("select customer_id, email from hand_over.action_contacts"))
    assert all(row["email"] == known[row["customer_id"]] for row in handed if row["email"])


def test_no_contact_is_published(first_day: Deployment) -> None:
    tables = first_day.query("select schema_name || '.' || table_name from duckdb_tables()")
    assert ("hand_over.action_contacts",) not in tables
    columns = first_day.query("select distinct column_name from duckdb_columns()")
    assert not {("email",), ("phone",), ("full_name",), ("city",)} & set(columns)


def test_a_receiver_that_fails_stops_neither_the_day_nor_the_files(after: FailingDay) -> None:
    assert after.failed.receivers is not None
    assert after.mended.receivers is None
    assert after.failed.dead_letters
    assert actions(after.deployment.home.root, NEXT.isoformat())


def test_each_decision_arrived_once_in_the_end(after: FailingDay) -> None:
    assert dead_letters(after.deployment) == set()
    taken = after.receiver.taken
    assert set(taken.values()) == {1}
    assert after.failed.dead_letters < set(taken)
    [(count,)] = after.deployment.query(
        f"select count(*) from activation.customer_actions_daily where {TREATED}"
    )
    assert len(taken) == count


def test_a_server_that_fails_stops_no_day_and_the_next_run_writes_the_copy(
    after: FailingDay,
) -> None:
    (postgres, parquet) = after.failed.copies.splitlines()
    assert postgres.startswith("PostgreSQL    nothing was written yet: the schema holdfast cannot")
    assert "authentication failed" in postgres
    assert postgres.endswith("the next run tries again")
    assert "wrong-password" not in after.failed.copies
    assert re.fullmatch(rf"Parquet +version \d+, as of {NEXT}", parquet.strip())
    assert re.fullmatch(
        rf"PostgreSQL +version (\d+), as of {AFTER}\nParquet +version \1, as of {AFTER}\n",
        after.mended.copies,
    )


def test_the_file_the_postgresql_schema_and_the_parquet_folder_hold_the_same_rows(
    after: FailingDay,
) -> None:
    published = after.deployment.home.published
    for differing in (differing_rows(published, after.database), differing_rows(published)):
        assert set(differing.values()) == {0}
        assert set(GRAINS) <= set(differing)


def test_a_day_that_is_run_again_decides_and_hands_over_nothing_anew(after: FailingDay) -> None:
    root = after.deployment.home.root
    folder = root / "hand_over" / AFTER.isoformat()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    asked = len(after.receiver.asked)
    tables = ("ops.decided_actions", "ops.decision_choices", "ops.decided_days")
    decided = [after.deployment.warehouse(f"from {table} order by all") for table in tables]
    after.deployment.day(AFTER)
    assert [after.deployment.warehouse(f"from {table} order by all") for table in tables] == decided
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert len(after.receiver.asked) == asked


# The last test of this file: the customer is gone after it.
def test_an_erased_customer_leaves_the_copies_and_the_files(after: FailingDay) -> None:
    deployment = after.deployment
    ((customer,), *_) = deployment.query(
        "select customer_id from activation.customer_actions_daily"
        f" where {TREATED} and snapshot_date = date '{AFTER}' order by 1"
    )
    done = deployment.cli("erase", "--customer", str(customer))
    assert done.returncode == 0, done.stderr
    assert re.search(r"hand-over by HTTP: \d+ decisions with contacts were sent", done.stdout)
    published = deployment.home.published
    for differing in (differing_rows(published, after.database), differing_rows(published)):
        assert set(differing.values()) == {0}
    assert deployment.query(f"from marts.dim_customers where customer_id = '{customer}'") == []
    root = deployment.home.root
    assert customer not in {row["customer_id"] for row in actions(root, AFTER.isoformat())}
