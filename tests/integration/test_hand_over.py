"""The hand-over and the copies in real runs: receiver and server fail on a day, not on the next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet
import pytest
import yaml
from rich.console import Console

from cli.summary.copies import show_copies
from orchestration.asset_keys import HANDED_OVER
from orchestration.assets.hand_over import RECEIVERS_TAKE_ALL
from orchestration.recorded_copies import recorded_copies
from orchestration.runtime.instance import prepare
from tests.databases import PASSWORD, Server
from tests.integration.deployments import DEMO, GRAINS, HISTORY, Deployment
from tests.published_copies import differing_rows
from tests.unit.warehouse.hand_over.receiver import Receiver

NEXT = HISTORY + timedelta(days=1)
AFTER = NEXT + timedelta(days=1)
TREATED = "arm = 'treatment'"


@dataclass(frozen=True)
class HandedOver:
    """A deployment after a day on which its receiver failed in part, and the day after.

    Attributes:
        deployment: it, after both days.
        receiver: the endpoint, with all that it was asked.
        database: address of the database with the copy, which failed on the first of the days.
        checks: passed or not, by day.
        status: lines of `holdfast status` about the copies, by day.
        dead: ids of the dead letters after the first of the two days.
        published: published days after the first of the two.
    """

    deployment: Deployment
    receiver: Receiver
    database: str
    checks: list[bool]
    status: list[str]
    dead: set[str]
    published: int


def passed(deployment: Deployment) -> bool:
    """Result of the latest check of the receivers."""
    prepare(deployment.home, deployment.config)
    key = dg.AssetCheckKey(HANDED_OVER, RECEIVERS_TAKE_ALL)
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    event = record.event.dagster_event
    assert event is not None
    return event.asset_check_evaluation_data.passed


def copies(deployment: Deployment) -> str:
    """The lines about the copies of the published tables, as the terminal shows them."""
    prepare(deployment.home, deployment.config)
    console = Console(file=StringIO(), width=200)
    with dg.DagsterInstance.get() as instance:
        show_copies(console, recorded_copies(instance, ["postgres", "parquet"]))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def dead_letters(deployment: Deployment) -> set[str]:
    path = deployment.home.hand_over / "dead_letters.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {json.loads(line)["decision_id"] for line in lines}


@pytest.fixture(scope="module")
def handed_over(
    first_day: Deployment, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HandedOver]:
    folder = tmp_path_factory.mktemp("handed_over")
    copied = first_day.copy(folder / "home")
    with Receiver().serving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNING_SECRET", "kelp-signing-key-4711")
        content = yaml.safe_load(DEMO.read_text("utf-8"))
        settings = receiver.settings().http
        assert settings is not None
        content["hand_over"] = {"http": settings.model_dump()}
        content["publish"] = {"postgres": {"url": "${BI_URL}"}, "parquet": {}}
        database = postgres.database("bi")
        patch.setenv("BI_URL", database.url.replace(PASSWORD, "wrong-password"))
        config = folder / "demo.yml"
        config.write_text(yaml.safe_dump(content), encoding="utf-8")
        deployment = Deployment(copied.home, config)
        # Every second decision is refused until the receiver is mended.
        receiver.fault = lambda customer, _: "500" if int(customer[-1], 16) % 2 else None
        deployment.day(NEXT)
        [(published,)] = deployment.query(
            "select count(distinct snapshot_date) from activation.customer_risk_daily"
        )
        checks, dead = [passed(deployment)], dead_letters(deployment)
        status = [copies(deployment)]
        receiver.fault = None
        patch.setenv("BI_URL", database.url)
        deployment.day(AFTER)
        checks.append(passed(deployment))
        status.append(copies(deployment))
        yield HandedOver(
            deployment, receiver, database.url, checks, status, dead, int(str(published))
        )


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


def test_a_receiver_that_fails_stops_neither_the_day_nor_the_files(
    handed_over: HandedOver,
) -> None:
    assert handed_over.checks == [False, True]
    assert handed_over.published == 2
    assert handed_over.dead
    assert actions(handed_over.deployment.home.root, NEXT.isoformat())


def test_each_decision_arrived_once_in_the_end(handed_over: HandedOver) -> None:
    assert dead_letters(handed_over.deployment) == set()
    taken = handed_over.receiver.taken
    assert set(taken.values()) == {1}
    assert handed_over.dead < set(taken)
    [(count,)] = handed_over.deployment.query(
        f"select count(*) from activation.customer_actions_daily where {TREATED}"
    )
    assert len(taken) == count


def test_a_day_that_is_run_again_decides_and_hands_over_nothing_anew(
    handed_over: HandedOver,
) -> None:
    root = handed_over.deployment.home.root
    folder = root / "hand_over" / AFTER.isoformat()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    asked = len(handed_over.receiver.asked)
    tables = ("ops.decided_actions", "ops.decision_choices", "ops.decided_days")
    decided = [handed_over.deployment.warehouse(f"from {table} order by all") for table in tables]
    handed_over.deployment.day(AFTER)
    assert [
        handed_over.deployment.warehouse(f"from {table} order by all") for table in tables
    ] == decided
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert len(handed_over.receiver.asked) == asked


def test_a_server_that_fails_stops_no_day_and_the_next_run_writes_the_copy(
    handed_over: HandedOver,
) -> None:
    failed, mended = handed_over.status
    (postgres, parquet) = failed.splitlines()
    assert postgres.startswith("PostgreSQL    nothing was written yet: the schema holdfast cannot")
    assert "authentication failed" in postgres
    assert postgres.endswith("the next run tries again")
    assert "wrong-password" not in failed
    assert re.fullmatch(rf"Parquet +version \d+, as of {NEXT}", parquet.strip())
    assert re.fullmatch(
        rf"PostgreSQL +version (\d+), as of {AFTER}\nParquet +version \1, as of {AFTER}\n", mended
    )


def test_the_file_the_postgresql_schema_and_the_parquet_folder_hold_the_same_rows(
    handed_over: HandedOver,
) -> None:
    published = handed_over.deployment.home.published
    for differing in (differing_rows(published, handed_over.database), differing_rows(published)):
        assert set(differing.values()) == {0}
        assert set(GRAINS) <= set(differing)


def test_an_erased_customer_leaves_the_copies_and_the_files(handed_over: HandedOver) -> None:
    deployment = handed_over.deployment
    ((customer,), *_) = deployment.query(
        "select customer_id from activation.customer_actions_daily"
        f" where {TREATED} and snapshot_date = date '{AFTER}' order by 1"
    )
    done = deployment.cli("erase", "--customer", str(customer))
    assert done.returncode == 0, done.stderr
    assert re.search(r"hand-over by HTTP: \d+ decisions with contacts were sent", done.stdout)
    published = deployment.home.published
    for differing in (differing_rows(published, handed_over.database), differing_rows(published)):
        assert set(differing.values()) == {0}
    assert deployment.query(f"from marts.dim_customers where customer_id = '{customer}'") == []
    root = deployment.home.root
    assert customer not in {row["customer_id"] for row in actions(root, AFTER.isoformat())}
