"""dbt's debug events, and the condition under which their replacement can be deleted."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt_common.events.base_types import EventLevel, EventMsg
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Formatting, Note

from orchestration.runtime import dbt
from orchestration.runtime.unread_events import UnreadEvents
from tests.unit.orchestration.runtime.dbts_own import dbts_own_module

assert dbt, "it replaces the methods of dbt's debug events"

QUERY = {"conn_name": "model.one", "sql": "select 1", "node_info": {"node_name": "one"}}


@pytest.fixture
def dbts_own() -> ModuleType:
    """Return a copy of dbt's module in which no method was replaced."""
    return dbts_own_module("dbt_common.events.base_types")


@pytest.fixture
def received() -> list[EventMsg]:
    return []


@pytest.fixture
def manager(received: list[EventMsg]) -> EventManager:
    events = UnreadEvents()
    events.add_callback(received.append)
    return events


def test_a_debug_event_has_its_values_when_it_is_read() -> None:
    event = SQLQuery(**QUERY)
    assert "pb_msg" not in vars(event)
    assert event.sql == "select 1"
    assert event.node_info.node_name == "one"
    assert event.message() == "On model.one: select 1"
    assert event.to_dict()["conn_name"] == "model.one"


def test_a_positional_text_is_the_message() -> None:
    assert Formatting("a line").msg == "a line"


def test_a_missing_attribute_is_reported() -> None:
    with pytest.raises(AttributeError, match="no_such_value"):
        SQLQuery(**QUERY).no_such_value  # noqa: B018


def test_callbacks_receive_all_events_but_those_of_level_debug(
    manager: EventManager, received: list[EventMsg]
) -> None:
    manager.fire_event(SQLQuery(**QUERY))
    manager.fire_event(Note(msg="read this"))
    assert [message.info.name for message in received] == ["Note"]


def test_a_logger_receives_the_events_of_level_debug(
    manager: EventManager, received: list[EventMsg], capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    manager.add_logger(
        LoggerConfig(
            name="stdout", line_format=LineFormat.DebugText, output_stream=sys.stdout,
            level=EventLevel.DEBUG,
        )
    )  # fmt: skip
    manager.fire_event(SQLQuery(**QUERY))
    assert [message.info.name for message in received] == ["SQLQuery"]
    assert "On model.one: select 1" in capsys.readouterr().out


def test_dbt_still_fills_the_message_of_every_event(
    dbts_own: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[dict[str, Any]] = []
    parse = dbts_own.ParseDict

    def counted(values: dict[str, Any], message: Any) -> Any:
        filled.append(values)
        return parse(values, message)

    monkeypatch.setattr(dbts_own, "ParseDict", counted)
    type("Note", (dbts_own.DebugLevel,), {})(msg="unread")
    assert filled == [{"msg": "unread"}], (
        "dbt no longer fills unread events: delete orchestration/runtime/unread_events.py"
    )
