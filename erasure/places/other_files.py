"""All other files of the home: event log, MLflow, cards, logs, whatever a later release adds.

SQLite databases are searched column by column and texts as a whole; a text of the person is
replaced by a mark. What neither can be searched nor be written is reported.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from deployment.home import Home
from erasure.search.person import Person

MARK = "[erased]"
_SQLITE = b"SQLite format 3\0"
_LOCK_SECONDS = 60


def find(home: Home, person: Person, *, is_everything: bool = False) -> dict[str, int]:
    """Number of the person's texts by file; rows of SQLite databases that have any.

    Args:
        home: the home.
        person: the person.
        is_everything: search the files of other places too, such as deliveries.
    """
    found = {}
    texts = _Texts(person.needles)
    for path in _files(home, is_everything=is_everything):
        number = _in_database(path, texts) if _is_database(path) else texts.count_in(path)
        if number:
            found[path.relative_to(home.root).as_posix()] = number
    return found


def replace(home: Home, person: Person) -> list[str]:
    """Replace the person's texts by a mark, in all files in which that is possible.

    Returns:
        Problems with databases that another process reads.
    """
    texts, problems = _Texts(person.needles), []
    for path in _files(home):
        if _is_database(path):
            if not _replace_in_database(path, texts):
                problems.append(f"{path}-wal: it keeps old bytes until holdfast ui is stopped")
        elif texts.count_in(path):
            content = texts.replaced(path)
            if content is not None:
                fresh = path.with_name(f"{path.name}.erased")
                fresh.write_bytes(content)
                fresh.chmod(path.stat().st_mode)
                fresh.replace(path)
    return problems


class _Texts:
    """A person's texts, in the spellings in which files hold them."""

    def __init__(self, needles: Sequence[str]) -> None:
        escaped = {json.dumps(needle)[1:-1] for needle in needles}
        escaped |= {json.dumps(needle, ensure_ascii=False)[1:-1] for needle in needles}
        spellings = sorted({*needles, *escaped}, key=lambda each: (-len(each), each))
        written = "|".join(map(re.escape, spellings)) or r"(?!)"
        self.pattern = re.compile(written, re.IGNORECASE)
        self._bytes = re.compile(
            b"|".join(re.escape(each.encode()) for each in spellings) or rb"(?!)", re.IGNORECASE
        )

    def count_in(self, path: Path) -> int:
        """Number of places in a file."""
        return len(self._bytes.findall(path.read_bytes()))

    def replaced(self, path: Path) -> bytes | None:
        """The file with the mark in their place; None for a file that is no text."""
        content = path.read_bytes()
        try:
            return self.pattern.sub(MARK, content.decode("utf-8")).encode()
        except UnicodeDecodeError:
            return None


def _files(home: Home, *, is_everything: bool = False) -> Iterator[Path]:
    """Files that no other place knows, or all; dbt's target has the project and no data."""
    of_places = (home.landing, home.hand_over, home.published.parent)
    handled = (home.erasure, home.dbt_target, *(() if is_everything else of_places))
    for path in sorted(home.root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name.startswith(home.warehouse.name):
            continue
        if path.name.endswith(("-wal", "-shm", "-journal")):
            continue
        if not any(path.is_relative_to(folder) for folder in handled):
            yield path


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None)


def _columns(con: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Table and column of every column that can hold a text."""
    tables = con.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    ).fetchall()
    for (table,) in tables:
        for _, column, *_ in con.execute(f"pragma table_info({_quoted(table)})").fetchall():
            yield _quoted(table), _quoted(column)


def _in_database(path: Path, texts: _Texts) -> int:
    with closing(_connect(path)) as con:
        con.create_function("has_text", 1, lambda value: _has(texts, value), deterministic=True)
        return sum(
            con.execute(f"select count(*) from {table} where has_text({column})").fetchone()[0]
            for table, column in _columns(con)
        )


def _replace_in_database(path: Path, texts: _Texts) -> bool:
    """One transaction; then the file is written again, and its log emptied.

    It is written again also where nothing is found: a killed erasure may have replaced the texts
    and left their bytes.

    Returns:
        False if a reader kept the log from being emptied.
    """
    with closing(_connect(path)) as con:
        con.create_function("has_text", 1, lambda value: _has(texts, value), deterministic=True)
        con.create_function(
            "marked", 1, lambda value: texts.pattern.sub(MARK, value), deterministic=True
        )
        con.execute("pragma secure_delete = on")
        con.execute("begin immediate")
        for table, column in list(_columns(con)):
            con.execute(f"update {table} set {column} = marked({column}) where has_text({column})")
        con.execute("commit")
        con.execute("vacuum")
        is_busy, *_ = con.execute("pragma wal_checkpoint(truncate)").fetchone()
        return not is_busy


def _has(texts: _Texts, value: object) -> bool:
    return isinstance(value, str) and texts.pattern.search(value) is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
