from __future__ import annotations

from pathlib import Path

from ml.model_files import fingerprint_of, write_files


def test_files_are_written_under_their_names(tmp_path: Path) -> None:
    write_files({"facts.json": b"{}", "booster.ubj": b"\x00\x01"}, tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "facts.json": b"{}",
        "booster.ubj": b"\x00\x01",
    }


def test_a_fingerprint_depends_on_contents_and_their_borders() -> None:
    whole = fingerprint_of({"a": b"one", "b": b"two"})

    assert whole == fingerprint_of({"a": b"one", "b": b"two"})
    assert whole != fingerprint_of({"a": b"onet", "b": b"wo"})
    assert whole != fingerprint_of({"a": b"two", "b": b"one"})
