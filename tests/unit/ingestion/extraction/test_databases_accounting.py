"""Whatever happens to a table, raw is the table, and the ledger has a row for each of its rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.campaign import times
from tests.databases import Server
from tests.unit.ingestion.extraction.crm import Crm
from tests.unit.ingestion.memory import memory_warehouse

KEYS = st.integers(1, 6)
NAMES = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, NAMES),
        st.tuples(st.just("delete"), KEYS, st.none()),
        st.tuples(st.just("extract"), st.none(), st.none()),
    ),
    max_size=12,
)


@pytest.mark.parametrize("cursor", ["version", None])
@settings(
    max_examples=times(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_raw_equals_the_table_and_the_ledger_counts_every_row(
    sqlite: Server,
    monkeypatch: pytest.MonkeyPatch,
    cursor: str | None,
    steps: Sequence[tuple[str, int | None, str | None]],
) -> None:
    database = sqlite.database("fuzzed")
    database.execute("create table notes (id integer primary key, name text, version integer)")
    monkeypatch.setenv("CRM_URL", database.url)
    notes = {
        "columns": ["id", "name"],
        "key": ["id"],
        "cursor": cursor,
        "look_back_steps": 1,
        "compare_every_days": 1,
    }
    with memory_warehouse() as warehouse:
        crm = Crm(warehouse, database, {"notes": notes})
        crm.extract(1)
        day = 1
        for version, (step, key, name) in enumerate(steps):
            if step == "put":
                text = "null" if name is None else "'" + name.replace("'", "''") + "'"
                database.execute(f"insert or replace into notes values ({key}, {text}, {version})")
            elif step == "delete":
                database.execute(f"delete from notes where id = {key}")
            else:
                day += 1
                crm.extract(day)
        crm.extract(day + 1)
        assert crm.current("notes") == crm.there("notes")
        assert crm.is_accounted_for("notes")
