from __future__ import annotations

import json
import stat
from pathlib import Path

import pyarrow as pa

from tests.unit.warehouse.hand_over.decided_company import DAY
from warehouse.hand_over.dead_letters import write_dead_letters

REFUSED = pa.table(
    {
        "decision_id": ["ab"],
        "destination": ["http"],
        "snapshot_date": [DAY],
        "error": ["the receiver answers 500"],
        "is_tried_again": [True],
    }
)


def test_each_refused_decision_is_a_line_that_only_the_owner_reads(tmp_path: Path) -> None:
    path = write_dead_letters(tmp_path / "hand_over", REFUSED)
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [
        {
            "decision_id": "ab",
            "destination": "http",
            "snapshot_date": "2026-06-30",
            "error": "the receiver answers 500",
            "is_tried_again": True,
        }
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_refused_decision_there_is_no_file(tmp_path: Path) -> None:
    path = write_dead_letters(tmp_path, REFUSED)
    assert write_dead_letters(tmp_path, REFUSED.slice(0, 0)) == path
    assert not path.exists()
    write_dead_letters(tmp_path / "absent", REFUSED.slice(0, 0))
    assert not (tmp_path / "absent").exists()
