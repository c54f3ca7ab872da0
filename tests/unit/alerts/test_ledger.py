from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from alerts.fault import Fault
from alerts.ledger import AlertLedger, KnownFault, locked

KNOWN = KnownFault(Fault("late", "error", "It is late.", "run"), "2026-06-30T05:00+00:00")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts" / "ledger.json"
    AlertLedger(path, {"mail": {"late": KNOWN}}, {"chat": "it answers 500"}).write()
    read = AlertLedger.read(path)
    assert read.known == {"mail": {"late": KNOWN}}
    assert read.errors == {"chat": "it answers 500"}
    assert read.open_keys == {"late"}
    assert [file.name for file in path.parent.iterdir()] == ["ledger.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"format": 2}', '{"format": 1}'])
def test_a_missing_or_damaged_ledger_counts_as_empty(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ledger.json"
    if content is not None:
        path.write_text(content)
    assert AlertLedger.read(path).known == {}


def test_of_two_reports_at_once_one_waits_for_the_other(tmp_path: Path) -> None:
    path, order = tmp_path / "ledger.json", list[str]()

    def second() -> None:
        with locked(path):
            order.append("second")

    with locked(path):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
