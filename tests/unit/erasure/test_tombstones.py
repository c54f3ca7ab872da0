"""Tombstones of a home: written privately, read again, and dated by the latest erasure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from deployment.home import Home
from erasure.tombstones import has_tombstones, read_tombstones, write_tombstones


def test_tombstones_are_read_as_they_were_written_and_name_nobody(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not has_tombstones(home)
    tombstones = read_tombstones(home)
    hashed = tombstones.hashes.of_id("customers", "crm", "C1")
    tombstones.add([hashed, tombstones.hashes.of_address("ada@example.com")], date(2026, 6, 1))
    tombstones.add([hashed, None], date(2026, 5, 1))
    write_tombstones(home, tombstones)
    again = read_tombstones(home)
    assert has_tombstones(home)
    assert again.day_of(hashed) == date(2026, 6, 1)
    assert again.has_id("customers", "crm", "C1")
    assert not again.has_id("orders", "crm", "C1")
    assert again.has_address("ada@example.com")
    written = (home.erasure / "tombstones.json").read_text("utf-8")
    assert "ada" not in written
    assert "C1" not in written
