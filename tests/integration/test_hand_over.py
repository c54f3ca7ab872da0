"""The hand-over in real runs: the files of the first day, and a receiver that fails on the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet
import pytest
import yaml

from orchestration.asset_keys import HANDED_OVER
from orchestration.assets.hand_over import RECEIVERS_TAKE_ALL
from orchestration.runtime.instance import prepare
from tests.integration.deployments import DEMO, HISTORY, Deployment
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
        checks: passed or not, by day.
        dead: ids of the dead letters after the first of the two days.
        published: published days after the first of the two.
    """

    deployment: Deployment
    receiver: Receiver
    checks: list[bool]
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


def dead_letters(deployment: Deployment) -> set[str]:
    path = deployment.home.hand_over / "dead_letters.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {json.loads(line)["decision_id"] for line in lines}


@pytest.fixture(scope="module")
def handed_over(
    first_day: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HandedOver]:
    folder = tmp_path_factory.mktemp("handed_over")
    copied = first_day.copy(folder / "home")
    with Receiver().serving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNING_SECRET", "kelp-signing-key-4711")
        content = yaml.safe_load(DEMO.read_text("utf-8"))
        settings = receiver.settings().http
        assert settings is not None
        content["hand_over"] = {"http": settings.model_dump()}
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
        receiver.fault = None
        deployment.day(AFTER)
        checks.append(passed(deployment))
        yield HandedOver(deployment, receiver, checks, dead, int(str(published)))


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
