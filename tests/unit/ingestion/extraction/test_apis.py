"""APIs over a real connection: paging, what has changed, faults, and what is said of them."""

from __future__ import annotations

import random
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment.home import Home
from deployment.source_config import RestSource
from ingestion.errors import SourceError
from tests.api_sources import example, expected_rows
from tests.campaign import times
from tests.local_apis import SECRETS, LocalApis
from tests.unit.ingestion.desk import Desk, contact, order, ticket
from tests.unit.ingestion.extraction.killing import extractor
from tests.unit.ingestion.memory import memory_warehouse
from warehouse.connection import Warehouse


def test_an_export_continues_at_the_last_cursor(desk: Desk) -> None:
    desk.apis.page_size = 4
    for number in range(1, 10):
        desk.apis.tickets.put(ticket(number))
    assert desk.tickets("2026-06-01") == 9
    desk.apis.asked.clear()
    assert desk.tickets("2026-06-02") == 0
    assert len(desk.apis.asked) == 1
    desk.apis.tickets.put(ticket(3, status="solved"))
    desk.apis.tickets.put(ticket(10))
    desk.apis.asked.clear()
    assert desk.tickets("2026-06-03") == 2
    assert all("cursor=c" in asked and "start_time" not in asked for asked in desk.apis.asked)
    statuses = desk.query("select status from raw_zendesk.tickets where id = '3' order by _load_id")
    assert statuses == [("open",), ("solved",)]


def test_rows_absent_from_a_complete_read_are_soft_deleted(desk: Desk) -> None:
    for number in range(1, 6):
        desk.apis.contacts.put(contact(number, "a@example.com"))
    source = desk.source("hubspot")
    desk.extract("hubspot", source, "2026-06-01")
    desk.apis.contacts.remove("2")
    desk.apis.contacts.put(contact(3, "b@example.com"))
    report = desk.extract("hubspot", source, "2026-06-02")["contacts"]
    assert (report.rows, report.rows_ended) == (1, 1)
    current = desk.current("hubspot", "contacts")
    assert set(current) == {"1", "3", "4", "5"}
    assert current["3"]["properties_email"] == "b@example.com"


def test_all_records_are_compared_every_compare_every_days(desk: Desk) -> None:
    content = example(desk.apis)["sources"]["shopify"]
    content["tables"] = {"orders": {**content["tables"]["orders"], "compare_every_days": 7}}
    source = RestSource.model_validate(content)
    for number in (1, 2):
        desk.apis.orders.put(order(number, "2026-05-02T12:00:00Z"))
    desk.extract("shopify", source, "2026-06-01")
    desk.apis.orders.remove("1")
    assert desk.extract("shopify", source, "2026-06-07")["orders"].rows_ended == 0
    assert desk.extract("shopify", source, "2026-06-08")["orders"].rows_ended == 1
    assert set(desk.current("shopify", "orders")) == {"2"}


def test_an_api_that_is_suddenly_empty_deletes_nothing(desk: Desk) -> None:
    desk.apis.contacts.put(contact(1, "a@example.com"))
    source = desk.source("hubspot")
    desk.extract("hubspot", source, "2026-06-01")
    desk.apis.contacts.remove("1")
    with pytest.raises(SourceError, match=r"hubspot\.contacts: .* no record at all.* 1 rows"):
        desk.extract("hubspot", source, "2026-06-02")
    assert set(desk.current("hubspot", "contacts")) == {"1"}


def test_deleted_and_merged_records_are_no_longer_valid(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.apis.tickets.put(ticket(number))
    desk.tickets("2026-06-01")
    desk.apis.tickets.put(ticket(1, status="deleted"))
    desk.apis.tickets.put(ticket(2, status="closed", tags=["shop", "closed_by_merge"]))
    assert desk.tickets("2026-06-02") == 2
    assert set(desk.current("zendesk", "tickets")) == {"3"}


_EXTRACT = """
from datetime import date
from pathlib import Path

import yaml

from deployment.home import Home
from deployment.source_config import RestSource
from ingestion.extraction.apis import extract_api
from ingestion.opened_source import open_source
from warehouse.connection import Warehouse


def extract(arguments):
    root, config, day = arguments
    source = RestSource.model_validate(yaml.safe_load(Path(config).read_text()))
    home = Home(Path(root))
    with Warehouse(home.warehouse).connect() as con:
        extract_api(con, open_source("zendesk", source), home, date.fromisoformat(day))
"""


def test_a_kill_at_any_moment_neither_loses_nor_repeats_a_row(desk: Desk, tmp_path: Path) -> None:
    desk.warehouse = Warehouse(desk.home.warehouse)
    desk.warehouse.initialise("demo", "Demo Company")
    desk.apis.page_size = 40
    desk.apis.fault = lambda path, count: time.sleep(0.004)  # type: ignore[func-returns-value]
    chance = random.Random(11)
    config = tmp_path / "source.yml"
    content = example(desk.apis)["sources"]["zendesk"]
    content["tables"] = {"tickets": content["tables"]["tickets"]}
    config.write_text(yaml.safe_dump(content))
    killed, kills = 0, 12
    with extractor(_EXTRACT) as extractions:
        for kill in range(kills):
            for _ in range(300):
                number = chance.randint(1, 1500)
                desk.apis.tickets.put(ticket(number, priority=chance.choice(["low", "high"])))
            day = f"2026-06-{kill + 1:02}"
            seconds = 0.3 * kill / kills
            killed += extractions.is_killed(seconds, desk.home.root, config, day)
    assert killed >= 5
    desk.tickets("2026-06-20")
    columns = list(desk.source("zendesk").tables["tickets"].columns)
    assert desk.current("zendesk", "tickets") == expected_rows(desk.apis.tickets, columns)
    _accounts_agree(desk, "zendesk", "tickets")


def _accounts_agree(desk: Desk, source: str, table: str) -> None:
    """Every load has counted its rows, and no row follows one of its key that is the same."""
    counted = desk.query(
        f"select load_id, rows from ops.load_ledger where source = '{source}' order by 1"
    )
    there = desk.query(f"select _load_id, count(*) from raw_{source}.{table} group by 1 order by 1")
    assert counted == there
    rows = desk.query(
        f"""
        select * exclude (_load_id, _file, _row, _loaded_at)
        from raw_{source}.{table}
        order by id, _load_id
        """
    )
    assert all(one != following for one, following in pairwise(rows))


changes = st.tuples(
    st.sampled_from(["put", "remove"]),
    st.integers(1, 12),
    st.sampled_from([None, "", "a", "b\u0000", "ü\u2028"]),
)


extractions = st.tuples(
    st.just("extract"),
    st.lists(st.sampled_from([None, "429", "500", "cut", "hang up", "html"]), max_size=6),
    st.integers(1, 5),
)


@settings(max_examples=times(25), deadline=None)
@given(steps=st.lists(st.one_of(changes, extractions), max_size=14))
def test_after_any_changes_and_faults_raw_equals_the_records_and_the_ledger_counts_them(
    steps: list[tuple[Any, Any, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("fuzzed")).create()
    with (
        pytest.MonkeyPatch.context() as patch,
        LocalApis().serving() as apis,
        memory_warehouse() as warehouse,
    ):
        patch.setenv("HUBSPOT_TOKEN", SECRETS["HUBSPOT_TOKEN"])
        desk = Desk(home, warehouse, apis)
        retries = {"attempts": 3, "first_wait_seconds": 0, "longest_wait_seconds": 0}
        source = desk.source("hubspot", retries=retries)
        apis.contacts.put(contact(99, "stays@example.com"))
        day = 1
        for kind, argument, value in [*steps, ("extract", [], 3)]:
            if kind == "put":
                apis.contacts.put(contact(argument, value))
            elif kind == "remove":
                if str(argument) in apis.contacts.records:
                    apis.contacts.remove(str(argument))
            else:
                faults = dict(enumerate(argument, start=sum(apis.counts.values()) + 1))
                apis.fault = lambda path, count, faults=faults: faults.get(count)  # type: ignore[misc]
                apis.page_size, apis.overlap = value, value // 2
                try:
                    desk.extract("hubspot", source, f"2026-06-{day:02}")
                except SourceError:
                    assert argument
                day += 1
        columns = source.tables["contacts"].columns
        expected = {
            key: {
                column: record["properties"].get(column.removeprefix("properties_"))
                if column.startswith("properties_")
                else record[column]
                for column in columns
            }
            for key, record in apis.contacts.records.items()
        }
        current = desk.current("hubspot", "contacts")
        assert {
            key: {column: row[column] for column in columns} for key, row in current.items()
        } == expected
        counted = desk.query("select sum(rows) from ops.load_ledger")
        assert counted == desk.query("select count(*) from raw_hubspot.contacts")
