"""Damaged database files of a home, each with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deployment.home import Home
from warehouse.file_damage import damage_of
from warehouse.health.faults import FaultError
from warehouse.health.lost_days import NOT_REBUILT, rebuild_command
from warehouse.published.publication import noted_dates

_OF_DAGSTER = "**/*.db"


@dataclass(frozen=True)
class Damage:
    """A damaged file.

    Attributes:
        path: the file.
        condition: what is wrong with it, such as "is empty".
        remedy: what to do, as a sentence.
        is_made_again: whether the next run replaces the file without anybody's help.
    """

    path: Path
    condition: str
    remedy: str
    is_made_again: bool = False

    @property
    def sentence(self) -> str:
        """File, condition and remedy as one message."""
        return f"{self.path} {self.condition}: {self.remedy}"


def damages(home: Home, *, is_whole: bool = False) -> list[Damage]:
    """The damaged database files of a home; a file that does not exist is not damaged.

    A warehouse that another process writes is not examined.

    Args:
        home: the home, which may not exist yet.
        is_whole: read every block, at the disk's speed; otherwise the files are only opened.
    """
    return [*_working_file(home, is_whole), *_published(home, is_whole), *_sqlite(home, is_whole)]


def require_sound(home: Home) -> list[Damage]:
    """Open the files that a run reads, which takes milliseconds; return the damages that it mends.

    Raises:
        FaultError: a file is damaged that no run makes again.
    """
    found = damages(home)
    lasting = [damage.sentence for damage in found if not damage.is_made_again]
    if lasting:
        raise FaultError("\n".join(lasting))
    return found


def _working_file(home: Home, is_whole: bool) -> Iterator[Damage]:
    if condition := _duckdb_condition(home.warehouse, is_whole):
        days = noted_dates(home.published)
        again = rebuild_command(days) if days else "holdfast run"
        yield Damage(
            home.warehouse,
            condition,
            f"restore it from a backup; without one, move it away and begin again: "
            f"{again}. {NOT_REBUILT}",
        )


def _published(home: Home, is_whole: bool) -> Iterator[Damage]:
    condition = _duckdb_condition(home.published, is_whole)
    if home.published.is_symlink() and not home.published.exists():
        condition = "names a file that is gone"
    if condition:
        remedy = "the next run makes it again (holdfast run)"
        yield Damage(home.published, condition, remedy, is_made_again=True)


def _sqlite(home: Home, is_whole: bool) -> Iterator[Damage]:
    if condition := _sqlite_condition(home.mlflow_database, is_whole):
        yield Damage(
            home.mlflow_database,
            condition,
            f"restore the folder {home.mlflow_database.parent} from a backup. Without one, "
            "start a new home: the models that scored the past days cannot be made again",
        )
    for path in sorted(home.dagster_home.glob(_OF_DAGSTER)):
        if condition := _sqlite_condition(path, is_whole):
            yield Damage(
                path,
                condition,
                f"restore it from a backup, or move the folder {home.dagster_home} away: only the "
                "record of past runs is in it",
            )


def _duckdb_condition(path: Path, is_whole: bool) -> str | None:
    if path.exists() and path.stat().st_size == 0:
        return "is empty"
    damage = damage_of(path, is_whole=is_whole)
    return f"is damaged ({damage})" if damage else None


def _sqlite_condition(path: Path, is_whole: bool) -> str | None:
    if not path.exists():
        return None
    if path.stat().st_size == 0:
        return "is empty"
    asked = "pragma quick_check(1)" if is_whole else "select count(*) from sqlite_master"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as con:
            (answer,) = con.execute(asked).fetchone()
    except sqlite3.OperationalError:
        return None  # locked, or not to be opened by this account: no sign of damage
    except sqlite3.DatabaseError as error:
        return f"is damaged ({error})"
    return f"is damaged ({answer})" if is_whole and answer != "ok" else None
