"""Examples of docs/reading_values.md, each read by the macro that its table is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from tests.unit.ingestion.connect.conftest import rendered

PAGE = (Path(__file__).parent.parent.parent / "docs" / "reading_values.md").read_text()
CODE = re.compile(r"`([^`]+)`")
DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")


def rows(heading: str, first: str) -> Iterator[list[str]]:
    """Cells of the first table below a heading whose first column has this name."""
    part = PAGE[PAGE.index(f"\n## {heading}\n") :]
    table = part[part.index(f"\n| {first} |") :].lstrip().split("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def texts(cell: str) -> list[str]:
    """Values of a cell, of which one that continues another (… +0200) is written out."""
    found = CODE.findall(cell)
    stem = found[0].rpartition("+")[0]
    return [
        each
        if not each.startswith("…")
        else found[0] + each[1:]
        if each[1:].isdigit()
        else stem + each[1:]
        for each in found
    ]


def moment(cell: str) -> datetime | date | None:
    """The time of a cell; a date where the cell stands for all times of a day."""
    if cell.startswith("null"):
        return None
    found = DAY.match(cell)
    if found:
        return datetime.fromisoformat(found.group())
    return datetime.strptime(f"{cell} +0000", "%d %B %Y %z").date()


def time_examples() -> Iterator[tuple[str, str, str, datetime | date | None]]:
    for cell, argument, local in rows("Times", "text"):
        arguments = "".join(f", {each}" for each in CODE.findall(argument))
        for text in texts(cell):
            yield f"read_timestamp('v'{arguments})", "varchar", text, moment(local)
    for kind, cell, argument, local in rows("Times", "type"):
        arguments = "".join(f", {each}" for each in CODE.findall(argument))
        yield (
            f"to_local('v'{arguments})",
            CODE.findall(kind)[0],
            CODE.findall(cell)[0],
            moment(local),
        )


@pytest.mark.parametrize(("call", "kind", "given", "expected"), list(time_examples()))
def test_the_page_s_times_are_read_as_it_says(
    call: str, kind: str, given: str, expected: datetime | date | None
) -> None:
    model = f"select {{{{ {call} }}}} as read from given"
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'America/New_York'")
        con.execute(f"create table given as select cast($1 as {kind}) as v", [given])
        (read,) = con.execute(rendered(model, "Europe/Berlin")).fetchone() or (None,)
    is_day = isinstance(expected, date) and not isinstance(expected, datetime)
    assert (read.date() if is_day else read) == expected


def amount_examples() -> Iterator[tuple[str, str, str]]:
    for cell, comma, point in rows("Amounts", "text"):
        for text in texts(cell):
            yield "read_amount('v', decimals=',')", text, comma
            yield "read_amount('v', decimals='.')", text, point
    for cell, expected in rows("Ids", "text"):
        for text in texts(cell):
            yield "read_id('v')", text, expected


@pytest.mark.parametrize(("call", "given", "expected"), list(amount_examples()))
def test_the_page_s_amounts_and_ids_are_read_as_it_says(
    call: str, given: str, expected: str
) -> None:
    with duckdb.connect() as con:
        con.execute("create table given as select $1 as v", [given])
        sql = rendered(f"select {{{{ {call} }}}} from given")
        (read,) = con.execute(sql).fetchone() or (None,)
    shown = expected.split(":", maxsplit=1)[0]
    if shown == "null":
        assert read is None
    elif call.startswith("read_id"):
        assert read == shown
    else:
        assert read is not None
        assert float(read) == float(shown)
