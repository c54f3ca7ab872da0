from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from deployment.private_files import private_folder, replace_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_enter_a_folder_or_read_a_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = private_folder(tmp_path / "a" / "b")
        seen = []

        def write(path: Path) -> None:
            seen.append(mode(path))
            path.write_text("x")

        replace_file(folder / "file", write)
    finally:
        os.umask(before)
    assert (mode(folder), seen, mode(folder / "file")) == (0o700, [0o600], 0o600)


def test_a_folder_that_others_could_enter_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert mode(private_folder(tmp_path)) == 0o700


def test_a_killed_writing_leaves_the_file_and_the_next_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, lambda fresh: fresh.write_text("old"))

    def fail(fresh: Path) -> None:
        fresh.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(path, fail)
    assert path.read_text() == "old"
    replace_file(path, lambda fresh: fresh.write_text("new"))
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
