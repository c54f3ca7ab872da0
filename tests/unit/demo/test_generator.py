"""Same arguments, same bytes; and what is written is what is reported."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest

import demo.sql_files
from demo import generate
from demo.exports import EXPORTS
from deployment.config_file import load_config
from deployment.source_config import FilesSource

REPOSITORY = Path(__file__).parents[3]


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_by_table(landing: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect() as connection:
        return {
            export.relation: connection.execute(
                f"select * from {reader(export.format)}('{landing}/{export.source}/{export.table}"
                f"/**/*.{export.format}') order by all"
            ).fetchall()
            for export in EXPORTS
        }


def reader(file_format: str) -> str:
    return {"csv": "read_csv", "parquet": "read_parquet", "jsonl": "read_ndjson"}[file_format]


def test_the_same_seed_gives_the_same_bytes(company, tmp_path):
    generate(tmp_path / "landing", tmp_path / "truth", people=300)

    assert hashes(tmp_path / "landing") == hashes(company.landing)
    assert hashes(tmp_path / "truth") == hashes(company.truth)


def test_another_seed_gives_other_people(company, tmp_path):
    generate(tmp_path / "landing", tmp_path / "truth", people=300, seed=8)

    name = "crm/customers/customers_2026-06-16.csv"
    assert hashes(tmp_path / "landing")[name] != hashes(company.landing)[name]


def test_the_cut_into_batches_changes_no_row(company, tmp_path, monkeypatch):
    monkeypatch.setattr(demo.sql_files, "PEOPLE_A_BATCH", 120)
    generate(tmp_path / "landing", tmp_path / "truth", people=300)

    clean = {"crm.customers", "shop.orders"}
    assert {f"{e.source}.{e.table}" for e in EXPORTS} >= clean
    assert (tmp_path / "landing/shop/orders/part002/orders_2026-06-16.parquet").exists()
    with duckdb.connect() as connection:
        for export in EXPORTS:
            keys = {
                str(landing): connection.execute(
                    f"select count(*), count(distinct t) from (select t from"
                    f" {reader(export.format)}('{landing}/{export.source}/{export.table}"
                    f"/**/*.{export.format}') as t)"
                ).fetchone()
                for landing in (company.landing, tmp_path / "landing")
            }
            assert len(set(keys.values())) == 1, export.relation
    assert hashes(tmp_path / "truth") == hashes(company.truth)


def test_an_earlier_generation_leaves_no_file_behind(tmp_path):
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    generate(landing, truth, people=100)
    generate(landing, truth, people=100, daily_drops=2)

    orders = [path.name for path in sorted((landing / "shop/orders").iterdir())]
    assert orders == [f"orders_2026-06-{day}.parquet" for day in (28, 29, 30)]


def test_the_report_counts_the_rows_that_were_written(company):
    written = {
        name.removeprefix("delivered_"): len(rows)
        for name, rows in rows_by_table(company.landing).items()
    }

    assert {name.replace(".", "_"): rows for name, rows in company.report.rows.items()} == written


def test_the_scale_is_that_of_a_real_shop(company):
    events = company.report.rows["shop.events"] / company.report.people

    assert 60 <= events <= 110
    assert 85 <= company.report.total_rows / company.report.people <= 140


def test_the_configuration_reads_every_table_that_is_written():
    sources = load_config(REPOSITORY / "config/demo.yml").sources

    read = {
        (name, table, section.tables[table].format)
        for name, section in sources.items()
        if isinstance(section, FilesSource)
        for table in section.tables
    }
    assert read == {(export.source, export.table, export.format) for export in EXPORTS}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"people": 99}, "people"),
        ({"daily_drops": -1}, "daily_drops"),
        ({"first_date": date(2026, 4, 1), "daily_drops": 14}, "daily_drops"),
        ({"first_date": date(2021, 7, 1), "christmas": True}, "christmas"),
    ],
)
def test_an_impossible_company_is_refused_by_name(tmp_path, arguments, named):
    with pytest.raises(ValueError, match=named):
        generate(tmp_path / "landing", tmp_path / "truth", **arguments)
