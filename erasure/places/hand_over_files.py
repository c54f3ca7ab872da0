"""Hand-over: the files of each day, dead letters, and the table of a PostgreSQL receiver."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.private_files import replace_file
from erasure.search.person import Person

_ID = "customer_id"


def find(home: Home, person: Person) -> dict[str, int]:
    """Number of the person's rows by file."""
    return {
        path.relative_to(home.root).as_posix(): removed
        for path, _, removed in _without(home, set(person.customer_ids))
    }


def delete(home: Home, person: Person) -> None:
    """Write each file with rows of the person again, without them."""
    for path, write, _ in _without(home, set(person.customer_ids)):
        replace_file(path, write)


def withdraw(config: DeploymentConfig, person: Person) -> list[str]:
    """Delete the person's decisions at a PostgreSQL receiver; what a person has to settle there.

    An HTTP receiver has no way to take a decision back.
    """
    settings, problems = config.hand_over, []
    at = {
        name: [decision for destination, decision in person.decision_ids if destination == name]
        for name in ("postgres", "http")
    }
    if at["postgres"] and settings.postgres is not None:
        from warehouse.hand_over.postgres_table import PostgresTable

        failure = PostgresTable(settings.postgres).withdraw(at["postgres"])
        if failure:
            problems.append(f"hand-over to PostgreSQL: {failure}")
    if at["http"]:
        problems.append(
            f"hand-over by HTTP: {len(at['http'])} decisions with contacts were sent: ask the"
            " receiver to delete them"
        )
    return problems


def _without(
    home: Home, customers: Collection[str]
) -> Iterator[tuple[Path, Callable[[Path], object], int]]:
    """Files with rows of the customers: path, how it is written without them, and their number."""
    if not home.hand_over.is_dir():
        return
    for path in sorted(home.hand_over.rglob("*")):
        of_kind = {".csv": _csv, ".parquet": _parquet, ".jsonl": _json_lines}.get(path.suffix)
        if of_kind is not None and path.is_file():
            write, removed = of_kind(path, customers)
            if removed:
                yield path, write, removed


def _csv(path: Path, customers: Collection[str]) -> tuple[Callable[[Path], object], int]:
    """The other rows keep their bytes: a row begins where the reader has ended the one before."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    reader = csv.reader(lines)
    place = next(reader, []).index(_ID)
    kept, removed, begin = lines[: reader.line_num], 0, reader.line_num
    for row in reader:
        if row and row[place] in customers:
            removed += 1
        else:
            kept += lines[begin : reader.line_num]
        begin = reader.line_num
    return lambda fresh: fresh.write_text("".join(kept), encoding="utf-8"), removed


def _parquet(path: Path, customers: Collection[str]) -> tuple[Callable[[Path], object], int]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = pq.read_table(path)
    is_own = pc.is_in(rows[_ID], value_set=pa.array(sorted(customers), rows.schema.field(_ID).type))
    kept = rows.filter(pc.invert(is_own))
    return lambda fresh: pq.write_table(kept, fresh), len(rows) - len(kept)


def _json_lines(path: Path, customers: Collection[str]) -> tuple[Callable[[Path], object], int]:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line).get(_ID) not in customers]
    text = "".join(kept)
    return lambda fresh: fresh.write_text(text, encoding="utf-8"), len(lines) - len(kept)
