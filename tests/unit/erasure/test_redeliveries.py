"""Deliveries after an erasure lose the person's rows, in the warehouse and in their files."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

import erasure.redeliveries
from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import FilesSource
from erasure.kept_files import kept_files
from erasure.places.landing_files import find_loaded
from erasure.redeliveries import clean_redelivered_files, finish_files, set_returning_rows_aside
from erasure.tombstones import read_tombstones, write_tombstones
from ingestion.extraction.sources import extract
from tests.unit.ingestion.files.formats.packed import archive
from warehouse.connection import Warehouse

DAYS = [date(2026, 6, 1), date(2026, 6, 2)]
ERASED = ("ada@example.com", "cyd@example.com")
PEOPLE = [("1", ERASED[0]), ("2", "bob@example.com"), ("3", ERASED[1]), ("4", "dan@example.com")]
CSV = "id,email\n" + "".join(f"{number},{email}\n" for number, email in PEOPLE)
VIEW = """
create schema if not exists staging;
create or replace view staging.stg_shop__customers as
select _load_id, _row, id as source_customer_id, email from raw_shop.customers
"""


def as_json_lines() -> bytes:
    lines = (f'{{"id": "{number}", "email": "{email}"}}\n' for number, email in PEOPLE)
    return gzip.compress("".join(lines).encode(), mtime=0)


def as_workbook() -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in [("id", "email"), *PEOPLE]:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def as_parquet() -> bytes:
    target = io.BytesIO()
    columns = {"id": [each[0] for each in PEOPLE], "email": [each[1] for each in PEOPLE]}
    pa.parquet.write_table(pa.table(columns), target)
    return target.getvalue()


FORMATS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "csv": ("customers_{date}.csv", "csv", CSV.encode),
    "zip": ("customers_{date}.zip", "csv", lambda: archive(people_csv=CSV.encode())),
    "json_lines": ("customers_{date}.jsonl.gz", "jsonl", as_json_lines),
    "workbook": ("customers_{date}.xlsx", "excel", as_workbook),
    "parquet": ("customers_{date}.parquet", "parquet", as_parquet),
}


@dataclass
class Shop:
    """A home whose shop delivers customers, two of whom were erased."""

    config: DeploymentConfig
    home: Home
    pattern: str

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse.of(self.config, self.home)

    def file(self, day: date = DAYS[0]) -> Path:
        return self.home.landing / "shop" / self.pattern.format(date=day)

    def deliver(self, content: bytes, day: date = DAYS[0]) -> Path:
        path = self.file(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self) -> int:
        """The first step of a run; the number of files that it loads."""
        clean_redelivered_files(self.config, self.home, self.config.sources)
        with self.warehouse.connect() as con:
            extraction = extract(con, "shop", self.config.sources["shop"], self.home, DAYS)
            con.execute(VIEW)
        assert extraction.failure is None
        return sum(report.files_loaded for report in extraction.reports)

    def run(self) -> list[str]:
        """The steps of a run before anything is built; the reasons of files that stay."""
        self.read()
        with self.warehouse.connect() as con:
            set_returning_rows_aside(con, self.config, self.home)
        return finish_files(self.config, self.home)

    def query(self, sql: str) -> list[Any]:
        with self.warehouse.connect(read_only=True) as con:
            return con.execute(sql).fetchall()

    def erase_by_hash(self, *emails: str) -> None:
        tombstones = read_tombstones(self.home)
        tombstones.add(map(tombstones.hashes.of_address, emails), DAYS[0])
        write_tombstones(self.home, tombstones)

    def named(self) -> list[str]:
        """Files of the home with the bytes of an erased address, unpacked where packed."""
        return [
            path.name
            for path in self.home.root.rglob("*")
            if path.is_file()
            and any(email.encode() in part for email in ERASED for part in parts(path))
        ]


def parts(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if path.suffix == ".gz":
        yield gzip.decompress(content)
    if path.suffix in {".zip", ".xlsx"}:
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    if path.suffix == ".parquet":
        yield str(pyarrow.parquet.read_table(path).to_pylist()).encode()


def opened(config: DeploymentConfig, folder: Path, pattern: str, kind: str) -> Shop:
    table = {
        "path": pattern, "format": kind, "columns": ["id", "email"], "key": ["id"],
        "provides": ["customers"],
    }  # fmt: skip
    source = {"kind": "files", "location": "landing/shop", "tables": {"customers": table}}
    sources = {"shop": FilesSource.model_validate(source)}
    home = Home(folder / "home")
    home.root.mkdir()
    shop = Shop(config.model_copy(update={"sources": sources}), home, pattern)
    shop.warehouse.initialise("shop", "Shop")
    shop.erase_by_hash(*ERASED)
    return shop


@pytest.fixture
def shop(demo_config: DeploymentConfig, tmp_path: Path) -> Shop:
    return opened(demo_config, tmp_path, "customers_{date}.csv", "csv")


@pytest.mark.parametrize(("pattern", "kind", "content"), FORMATS.values(), ids=FORMATS)
def test_a_delivery_after_the_erasure_loses_the_rows_once_and_for_all(
    demo_config: DeploymentConfig,
    tmp_path: Path,
    pattern: str,
    kind: str,
    content: Callable[[], bytes],
) -> None:
    shop = opened(demo_config, tmp_path, pattern, kind)
    delivered = content()
    shop.deliver(delivered)
    assert shop.run() == []
    assert shop.named() == []
    assert shop.query("select id from raw_shop.customers order by 1") == [("2",), ("4",)]
    assert shop.query("select rows from ops.erased_rows") == [(2,)]
    assert shop.read() == 0
    # The same file again changes nothing, and leaves the person nowhere.
    shop.deliver(delivered)
    assert shop.read() == 0
    assert shop.named() == []
    assert shop.query("select load_id, rows from ops.load_ledger") == [(1, 4)]
    assert kept_files(shop.home) == []
    assert sorted(path.name for path in shop.home.erasure.iterdir()) == ["key", "tombstones.json"]


def test_rows_behind_removed_ones_are_found_at_their_place_in_the_file(shop: Shop) -> None:
    path = shop.deliver(CSV.encode())
    shop.run()
    assert path.read_text("utf-8") == "id,email\n2,bob@example.com\n4,dan@example.com\n"
    shop.erase_by_hash("dan@example.com")
    shop.run()
    # Only `dan` is left to find, in the fourth row as delivered and the second of the file.
    with shop.warehouse.connect() as con:
        con.execute("create temp table erased_rows as select 1 as load_id, 4 as row_no")
        assert [file.positions for file in find_loaded(con, shop.config, shop.home)] == [[]]
    assert path.read_text("utf-8") == "id,email\n2,bob@example.com\n"


MOMENTS = ("set_aside", "remove_rows", "note_rewritten", "without_old_bytes", "forget_rewritten")


class KilledError(BaseException):
    """The end of the process."""


def run_killed_before(step: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(erasure.redeliveries, step, kill)
        with pytest.raises(KilledError):
            shop.run()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_is_killed_is_finished_by_the_next_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    shop.deliver(CSV.encode())
    run_killed_before(moment, shop, monkeypatch)
    shop.run()
    assert shop.named() == []
    assert shop.query("select load_id, rows, superseded_by from ops.load_ledger") == [(1, 4, None)]
    assert shop.query("select rows from ops.erased_rows") == [(2,)]
    assert shop.read() == 0


def test_another_delivery_that_came_after_the_kill_is_loaded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.deliver(CSV.encode())
    run_killed_before("note_rewritten", shop, monkeypatch)
    shop.deliver(b"id,email\n5,eve@example.com\n")
    assert shop.read() == 1
    assert shop.query("select id from raw_shop.customers order by all") == [("2",), ("4",), ("5",)]


def test_a_file_that_cannot_be_written_is_named_until_it_is_gone(shop: Shop) -> None:
    source = shop.config.sources["shop"]
    assert isinstance(source, FilesSource)
    table = source.tables["customers"]
    # Two tables of an archive, whose patterns may both mean the same file.
    tables = {
        "customers": table.model_copy(update={"path": "c_{date}.zip", "member": "people.csv"}),
        "others": table.model_copy(
            update={"path": "c_{date}.zip", "member": "*.csv", "provides": []}
        ),
    }
    shop.config = shop.config.model_copy(
        update={"sources": {"shop": source.model_copy(update={"tables": tables})}}
    )
    shop.pattern = "c_{date}.zip"
    path = shop.deliver(archive(people_csv=CSV.encode()))
    (reason,) = shop.run()
    assert reason.startswith(f"{path}: its tables may name the same rows: *.csv, people.csv: 4 ")
    assert shop.query("select count(*) from raw_shop.customers") == [(2,)]
    assert kept_files(shop.home) == [reason]
    assert shop.read() == 0
    path.unlink()
    assert kept_files(shop.home) == []


def test_a_home_without_erasures_reads_no_file_again(shop: Shop) -> None:
    for path in shop.home.erasure.iterdir():
        path.unlink()
    shop.deliver(CSV.encode())
    shop.warehouse.path.unlink()
    assert clean_redelivered_files(shop.config, shop.home, shop.config.sources) == []
    assert not shop.warehouse.path.exists()
