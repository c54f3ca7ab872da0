from __future__ import annotations

from pathlib import Path

from deployment.engine.spill import make_empty


def test_the_folder_is_made_and_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "disk" / "spill"
    make_empty(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_only_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    left, other = tmp_path / "duckdb_temp_storage_DEFAULT-0.tmp", tmp_path / "notes.txt"
    for path in (left, other):
        path.touch()
    make_empty(tmp_path)
    assert list(tmp_path.iterdir()) == [other]
