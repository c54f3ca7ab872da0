from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from deployment.engine.limits import Engine, EngineLimits
from deployment.engine.machine_memory import machine_memory
from deployment.home import Home

GB = 1_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_the_limits_are_those_of_the_settings(home: Home) -> None:
    engine = Engine(memory="6.5 GB", threads=3, spill=Path("/var/tmp/holdfast"))
    limits = EngineLimits.of(engine, home)
    assert limits == EngineLimits(6_500_000_000, 3, Path("/var/tmp/holdfast"))


def test_half_of_the_machine_is_the_default_and_the_home_has_what_is_spilled(home: Home) -> None:
    limits = EngineLimits.of(Engine(), home)
    assert limits.memory_bytes == max(machine_memory() // 2, GB)
    assert limits.spill == home.root / "spill"


@pytest.mark.parametrize("memory", ["6", "6GiB", "half", "-1GB", "900MB", "0.5GB"])
def test_a_memory_that_is_no_size_or_too_small_is_refused(memory: str) -> None:
    with pytest.raises(ValidationError, match="expected"):
        Engine(memory=memory)


def test_spark_needs_a_master() -> None:
    with pytest.raises(ValidationError, match=r"expected spark\.master"):
        Engine(kind="spark")


def test_rows_that_do_not_fit_into_memory_are_spilled_into_the_folder(tmp_path: Path) -> None:
    settings = EngineLimits(750_000_000, 1, tmp_path).duckdb_settings()
    with duckdb.connect(config=settings) as con:
        con.execute(
            "create table numbers as select range, repeat('x', 90) as x from range(4000000)"
        )
        assert list(tmp_path.iterdir())
        assert con.execute("select count(*), sum(range) from numbers").fetchall() == [
            (4_000_000, 4_000_000 * 3_999_999 // 2)
        ]
    assert not list(tmp_path.iterdir())


def test_rows_that_python_holds_leave_duckdb_a_quarter(tmp_path: Path) -> None:
    limits = EngineLimits(6 * GB, None, tmp_path)
    assert limits.duckdb_settings() == {"memory_limit": "4125MB", "temp_directory": str(tmp_path)}
    assert limits.duckdb_settings(beside_rows=True)["memory_limit"] == "1031MB"
