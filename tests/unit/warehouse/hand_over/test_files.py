from __future__ import annotations

import csv
import stat
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from tests.unit.warehouse.hand_over.decided_company import DAY
from warehouse.hand_over.files import delete_old, has_actions, write_actions, write_withdrawn

ACTIONS = pa.table(
    {
        "decision_id": ["ab", "cd"],
        "snapshot_date": [DAY, DAY],
        "expected_uplift": [-0.25, None],
        "why": ['=cmd|"/C calc"!A0, and\nmore', "王先生"],
        "phone": ["+49301234567", None],
    }
)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_both_files_have_the_actions_and_only_the_csv_file_has_guarded_cells(
    tmp_path: Path,
) -> None:
    write_actions(tmp_path, DAY, ACTIONS)
    folder = tmp_path / "2026-06-30"
    first, second = read_csv(folder / "actions.csv")
    assert first == {
        "decision_id": "ab",
        "snapshot_date": "2026-06-30",
        "expected_uplift": "-0.25",
        "why": '\'=cmd|"/C calc"!A0, and\nmore',
        "phone": "'+49301234567",
    }
    assert (second["why"], second["expected_uplift"], second["phone"]) == ("王先生", "", "")
    assert pyarrow.parquet.read_table(folder / "actions.parquet").equals(ACTIONS)


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    write_actions(tmp_path / "hand_over", DAY, ACTIONS)
    found = {
        path.name: oct(stat.S_IMODE(path.stat().st_mode))
        for path in [tmp_path / "hand_over", *(tmp_path / "hand_over").rglob("*")]
    }
    assert found == {
        "hand_over": "0o700",
        "2026-06-30": "0o700",
        "actions.csv": "0o600",
        "actions.parquet": "0o600",
    }


def test_the_same_actions_give_the_same_bytes(tmp_path: Path) -> None:
    def content() -> dict[str, bytes]:
        write_actions(tmp_path, DAY, ACTIONS)
        return {path.name: path.read_bytes() for path in (tmp_path / "2026-06-30").iterdir()}

    assert content() == content()


def test_a_day_without_actions_has_files_with_their_columns(tmp_path: Path) -> None:
    assert not has_actions(tmp_path, DAY)
    write_actions(tmp_path, DAY, ACTIONS.slice(0, 0))
    assert has_actions(tmp_path, DAY)
    assert read_csv(tmp_path / "2026-06-30" / "actions.csv") == []
    assert pyarrow.parquet.read_schema(tmp_path / "2026-06-30" / "actions.parquet").names == (
        ACTIONS.schema.names
    )


def test_old_days_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    for days in (0, 90, 91):
        write_actions(tmp_path, DAY - timedelta(days=days), ACTIONS)
    (tmp_path / "notes").mkdir()
    (tmp_path / "dead_letters.jsonl").touch()
    assert delete_old(tmp_path, DAY, 90) == [date(2026, 3, 31)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2026-04-01",
        "2026-06-30",
        "dead_letters.jsonl",
        "notes",
    ]
    assert delete_old(tmp_path / "absent", DAY, 90) == []


def test_decisions_of_earlier_days_that_are_withdrawn_are_listed(tmp_path: Path) -> None:
    yesterday = DAY - timedelta(days=1)
    withdrawn = pa.table(
        {"decision_id": ["ab", "cd"], "snapshot_date": [yesterday, DAY], "status": ["x", "x"]}
    )
    path = tmp_path / "2026-06-30" / "withdrawn.csv"
    write_withdrawn(tmp_path, DAY, withdrawn)
    assert read_csv(path) == [{"decision_id": "ab", "snapshot_date": "2026-06-29", "status": "x"}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_withdrawn(tmp_path, DAY, withdrawn.slice(1))
    assert not path.exists()
    write_withdrawn(tmp_path / "absent", DAY, withdrawn.slice(1))
    assert not (tmp_path / "absent").exists()
