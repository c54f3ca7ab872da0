"""A day on which two sources, a receiver and a copy fail, and the next, on which all work again.

On the first day the orders lack a column, a file of touches has other columns, the receiver refuses
every second decision, and the password of the copy is wrong.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml
from rich.console import Console

from cli.summary.copies import show_copies
from orchestration.asset_keys import RECEIVERS_TAKE_ALL
from orchestration.assets.raw import SOURCE_DELIVERS
from orchestration.recorded_copies import recorded_copies
from orchestration.runtime.instance import prepare
from tests.campaign import FACTOR
from tests.databases import PASSWORD, Server
from tests.integration.deployments import DEMO, HISTORY, Deployment
from tests.unit.warehouse.hand_over.receiver import Receiver

NEXT = HISTORY + timedelta(days=1)
AFTER = NEXT + timedelta(days=1)
# Three reads a second, as each opens the file; as many as the machine gives in a campaign.
WAIT_BETWEEN_READS = 0.3 if FACTOR == 1 else 0.03
# A table of each source.
TABLES = {"crm": "customers", "shop": "orders", "helpdesk": "tickets"}


@dataclass(frozen=True)
class Reported:
    """State after one of the two days.

    Attributes:
        sources: message of `source_delivers` by source, None if the check passed.
        receivers: message of `receivers_take_all`, None if the check passed.
        copies: lines of `holdfast status` about the copies.
        dead_letters: ids of the decisions that the receiver has refused.
        days: published days.
        loaded: rows loaded so far, by source.
    """

    sources: dict[str, str | None]
    receivers: str | None
    copies: str
    dead_letters: set[str]
    days: int
    loaded: dict[str, int]


@dataclass(frozen=True)
class FailingDay:
    """A deployment after both days.

    Attributes:
        deployment: after both days.
        loaded_before: rows loaded before the two days, by source.
        failed: state after the first day.
        mended: state after the second day.
        receiver: the endpoint, with all requests.
        database: address of the database with the copy.
        reader: output of a reader in a loop during both days; None if the reader had ended.
        errors: standard error of the reader.
    """

    deployment: Deployment
    loaded_before: dict[str, int]
    failed: Reported
    mended: Reported
    receiver: Receiver
    database: str
    reader: str | None
    errors: str


@contextmanager
def failing_day(first_day: Deployment, postgres: Server, folder: Path) -> Iterator[FailingDay]:
    """Run both days on a copy of the deployment after its first day."""
    deployment = Deployment(first_day.copy(folder / "home").home, folder / "demo.yml")
    database = postgres.database("bi").url
    with Receiver().serving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNING_SECRET", "kelp-signing-key-4711")
        _configure(deployment.config, receiver)
        loaded_before = _loaded(deployment)
        # A process of its own, as a reader has.
        process = subprocess.Popen(
            [*deployment.command()[:1], "-c", _reader(deployment.home.published)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # Read as it comes: a full pipe would hold the reader up.
        with ThreadPoolExecutor() as pool:
            printed = pool.submit(process.communicate)
            try:
                patch.setenv("BI_URL", database.replace(PASSWORD, "wrong-password"))
                receiver.fault = lambda customer, _: "500" if int(customer[-1], 16) % 2 else None
                with _broken_files(deployment.home.landing):
                    deployment.day(NEXT)
                failed = _reported(deployment)
                patch.setenv("BI_URL", database)
                receiver.fault = None
                deployment.day(AFTER)
                mended = _reported(deployment)
            finally:
                alive = process.poll() is None
                process.kill()
            out, errors = printed.result()
        yield FailingDay(
            deployment,
            loaded_before,
            failed,
            mended,
            receiver,
            database,
            out if alive else None,
            errors,
        )


def dead_letters(deployment: Deployment) -> set[str]:
    """Ids of the decisions that a receiver has refused."""
    path = deployment.home.hand_over / "dead_letters.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {json.loads(line)["decision_id"] for line in lines}


def _configure(config: Path, receiver: Receiver) -> None:
    """Write the demo's configuration with a receiver and both kinds of copies."""
    content = yaml.safe_load(DEMO.read_text("utf-8"))
    settings = receiver.settings().http
    assert settings is not None
    content["hand_over"] = {"http": settings.model_dump()}
    content["publish"] = {"postgres": {"url": "${BI_URL}"}, "parquet": {}}
    config.write_text(yaml.safe_dump(content), encoding="utf-8")


@contextmanager
def _broken_files(landing: Path) -> Iterator[None]:
    """Orders of the first day without a column, and touches with others; mended afterwards."""
    orders = landing / "shop" / "orders" / f"orders_{NEXT}.parquet"
    touches = landing / "crm" / "touches" / f"touches_{NEXT}.csv"
    good = {file: file.read_bytes() for file in (orders, touches)}
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * exclude (net_amount) from '{orders}') to '{orders}.new'"
            " (format parquet)"
        )
    Path(f"{orders}.new").rename(orders)
    touches.write_bytes(b"contact_id;action\n1;2\n")
    yield
    for file, content in good.items():
        file.write_bytes(content)


def _reader(published: Path) -> str:
    """A program that prints the number of days in three published tables, in a loop."""
    return f"""
import duckdb, time
while True:
    with duckdb.connect({str(published)!r}, read_only=True) as con:
        print(*con.execute('''
            select
                (select count(distinct snapshot_date) from activation.customer_risk_daily),
                (select count(distinct snapshot_date) from activation.customer_segments_daily),
                (select count(distinct snapshot_date) from ops.data_quality_daily)
        ''').fetchone(), flush=True)
    time.sleep({WAIT_BETWEEN_READS})
"""


def _reported(deployment: Deployment) -> Reported:
    prepare(deployment.home, deployment.config)
    with dg.DagsterInstance.get() as instance:
        return Reported(
            {
                source: _message(
                    instance,
                    dg.AssetCheckKey(dg.AssetKey([f"raw_{source}", table]), SOURCE_DELIVERS),
                )
                for source, table in TABLES.items()
            },
            _message(instance, RECEIVERS_TAKE_ALL),
            _copies(instance),
            dead_letters(deployment),
            deployment.days(),
            _loaded(deployment),
        )


def _message(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> str | None:
    """Message of the latest evaluation of an asset's check, None if it passed."""
    (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    event = record.event.dagster_event
    assert event is not None
    evaluation = event.asset_check_evaluation_data
    return None if evaluation.passed else evaluation.description


def _copies(instance: dg.DagsterInstance) -> str:
    """The lines about the copies of the published tables, as the terminal shows them."""
    console = Console(file=StringIO(), width=200)
    show_copies(console, recorded_copies(instance, ["postgres", "parquet"]))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def _loaded(deployment: Deployment) -> dict[str, int]:
    """Rows loaded, by source."""
    rows = deployment.warehouse("select source, sum(rows) from ops.load_ledger group by all")
    return {str(source): int(str(count)) for source, count in rows}
