from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import sqlalchemy.exc

from deployment.home import Home
from warehouse.health.faults import fault_in, fault_of


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("number", "condition"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota of this account is used up"),
        (errno.EFBIG, "a file may not grow any further"),
        (errno.EROFS, "it can only be read"),
        (errno.EACCES, "this account has no permission"),
        (errno.EPERM, "this account has no permission"),
        (errno.EMFILE, "too many files are open"),
        (errno.EIO, "the disk fails to read or to write"),
    ],
)
def test_an_error_of_the_operating_system_names_the_file_the_condition_and_the_remedy(
    home: Home, number: int, condition: str
) -> None:
    path = home.root / "published" / "holdfast.duckdb.new"
    fault = fault_of(OSError(number, os.strerror(number), str(path)), home)
    assert fault is not None
    assert str(fault).startswith(f"{path}: {condition}")
    assert "run the command" in str(fault)


def wrapped(text: str) -> Exception:
    """An error as SQLAlchemy raises it, as the cause of another one."""
    driver = sqlite3.OperationalError(text)
    outer = RuntimeError("a step failed")
    outer.__cause__ = sqlalchemy.exc.OperationalError("insert", {}, driver)
    return outer


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("database or disk is full", "the disk is full"),
        ("attempt to write a readonly database", "it can only be read"),
        ("unable to open database file", "a database in it can be neither opened nor made"),
        ("database disk image is malformed", "it is damaged"),
        ("disk I/O error", "the disk fails to read or to write"),
    ],
)
def test_a_fault_inside_other_errors_is_found_and_the_home_is_named(
    home: Home, text: str, condition: str
) -> None:
    fault = fault_of(wrapped(text), home)
    assert fault is not None
    assert str(fault).startswith(f"{home.root}: {condition}")


def test_a_damaged_file_of_duckdb_is_named_by_its_path(home: Home) -> None:
    home.warehouse.write_bytes(b"damaged" * 2_000)
    with pytest.raises(duckdb.IOException) as raised:
        duckdb.connect(str(home.warehouse))
    fault = fault_of(raised.value, home)
    assert fault is not None
    assert str(fault).startswith(f"{home.warehouse}: it is damaged: holdfast doctor names")
    assert str(fault_in(f"dbt failed:\nint_orders: {raised.value}", home)) == str(fault)


def write_numbers(path: Path) -> None:
    """Write some megabytes."""
    with duckdb.connect(str(path), config={"threads": 1}) as con:
        con.execute("create table numbers as select random() from range(1_000_000)")
        con.execute("checkpoint")


def test_an_error_of_reading_or_writing_beside_a_full_disk_is_the_full_disk(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "the disk is full (1 MB are free)" in str(fault_in("disk I/O error", home))
    usage.free = 1 << 30
    assert "look into the machine's log" in str(fault_in("disk I/O error", home))


def test_a_file_that_may_not_grow_is_a_fault_wherever_it_is_written(home: Home) -> None:
    # The kernel's own error, in DuckDB: no file of this process may be longer than a megabyte.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(duckdb.Error) as raised:
            write_numbers(home.warehouse)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fault = fault_of(raised.value, home)
    assert fault is not None
    assert str(fault).startswith(str(home.warehouse))


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), KeyError("full"), ValueError("no such table: runs")]
)
def test_any_other_error_is_no_fault(home: Home, error: Exception) -> None:
    assert fault_of(error, home) is None
    assert fault_in(str(error), home) is None
