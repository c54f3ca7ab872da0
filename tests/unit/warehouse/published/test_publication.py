from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.campaign import times
from tests.unit.warehouse.company import FIRST, Company, write_page
from warehouse.published.publication import PublishReport
from warehouse.published.tables import PublicationError

FILES = ["current", "current.json", "holdfast.duckdb", "holdfast.state.json", "versions"]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path).create()


def test_tables_are_published_in_order_with_comments_and_without_private_columns(
    company: Company,
) -> None:
    company.run(1, 0)
    report = company.publish()
    assert report.is_full
    assert report.rows == {"activation.risks": 6, "marts.customers": 3}
    assert report.size_bytes == company.published.stat().st_size
    seen = company.everything()
    assert [row[:2] for row in seen["risks"]] == [
        (FIRST + timedelta(days=day), f"c{customer}") for day in (0, 1) for customer in range(3)
    ]
    assert [row[0] for row in seen["customers"]] == ["c0", "c1", "c2"]
    assert ("activation", "risks", "Each customer's churn risk.") in seen["tables"]
    assert ("activation", "risks", "risk", "DOUBLE", "Probability.") in seen["columns"]
    assert not [column for _, _, column, *_ in seen["columns"] if column.startswith("_")]


def test_the_file_has_company_date_and_model(company: Company) -> None:
    company.run(0)
    company.execute(
        "insert into ml.churn_scores (snapshot_date, customer_id, model_version, churn_probability)"
        f" values ('{FIRST}', 'c0', '7', 0.5)"
    )
    company.publish()
    assert company.read("from ops.publication") == [("Demo Company", FIRST, "7")]


def test_one_more_day_rewrites_that_day_only(company: Company) -> None:
    company.run(0, 1)
    company.publish()
    company.run(2)
    report = company.publish()
    assert (report.is_full, report.replaced_from) == (False, FIRST + timedelta(days=2))
    incremental = company.everything()
    assert company.publish(full=True).is_full
    assert company.everything() == incremental


def test_after_days_were_removed_the_file_is_written_anew_and_is_smaller(tmp_path: Path) -> None:
    company = Company(tmp_path).create(customers=20_000)
    company.run(*range(8))
    before = company.publish().size_bytes
    for statement in ("activation.risks", "ops.snapshot_dates"):
        company.execute(f"delete from {statement} where snapshot_date < '{FIRST}'::date + 6")
    company.run(8)
    report = company.publish()
    assert report.is_full
    assert report.size_bytes < 0.7 * before
    assert company.everything() == company.published_elsewhere().everything()


def test_publishing_twice_gives_the_same_tables(company: Company) -> None:
    company.run(0)
    company.publish()
    before = company.everything()
    report = company.publish()
    assert (report.is_full, report.replaced_from) == (False, None)
    assert company.everything() == before


def test_a_day_that_failed_before_its_publication_is_published_with_the_next(
    company: Company,
) -> None:
    company.run(0)
    company.publish()
    company.run(0, seed=1)
    company.run(1)
    assert company.publish().replaced_from == FIRST
    incremental = company.everything()
    company.publish(full=True)
    assert company.everything() == incremental


@pytest.mark.parametrize(
    "change",
    [
        "alter table activation.risks add column tier varchar",
        "comment on column activation.risks.risk is 'Another meaning.'",
        "alter table marts.customers alter orders type double",
    ],
)
def test_a_changed_table_is_rewritten(company: Company, change: str) -> None:
    company.run(0)
    company.publish()
    company.execute(change)
    assert company.publish().is_full


@pytest.mark.parametrize(
    "change",
    [
        f"update activation.risks set risk = 0 where snapshot_date = '{FIRST}'",
        f"delete from activation.risks where snapshot_date = '{FIRST + timedelta(days=1)}'",
    ],
)
def test_a_table_changed_outside_a_run_is_rewritten(company: Company, change: str) -> None:
    company.run(0, 1, 2)
    company.publish()
    company.execute(change)
    company.run(3)
    company.publish()
    incremental = company.everything()
    company.publish(full=True)
    assert company.everything() == incremental


def test_another_warehouse_in_the_same_home_is_not_taken_for_the_old_one(company: Company) -> None:
    company.run(0, 1)
    company.publish()
    company.warehouse.path.unlink()
    company.create()
    company.run(0, 1, seed=5)
    assert company.publish().replaced_from == FIRST
    incremental = company.everything()
    company.publish(full=True)
    assert company.everything() == incremental


def test_a_published_file_that_was_written_by_a_client_is_rewritten(company: Company) -> None:
    company.run(0)
    company.publish()
    with duckdb.connect(str(company.published)) as con:
        con.execute("update activation.risks set risk = 1")
    assert company.publish().is_full


def damaged(company: Company, change: Callable[[Path], object]) -> PublishReport:
    """Publish again after a change of the file that keeps what the note compares."""
    path = company.published.resolve()
    before = path.stat()
    change(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return company.publish()


def overwrite_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(10_000))


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
        overwrite_middle,
    ],
    ids=["truncated", "empty", "overwritten", "overwritten in the middle"],
)
def test_a_damaged_file_is_published_anew_as_a_whole_and_reported(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    company = Company(tmp_path).create(customers=50_000)
    company.run(0, 1)
    company.publish()
    company.run(2)
    report = damaged(company, change)
    assert report.is_full
    assert report.damage is not None
    assert company.everything() == company.published_elsewhere().everything()
    assert company.publish().damage is None


def test_a_missing_version_is_published_again(company: Company) -> None:
    company.run(0)
    company.publish()
    shutil.rmtree(company.published.resolve().parent)
    assert company.publish(companions=[write_page]).is_full
    assert company.published.exists()


def test_a_stale_write_ahead_log_is_not_replayed_into_the_new_file(company: Company) -> None:
    company.run(0)
    company.publish()
    program = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]);"
        "con.execute('set wal_autocheckpoint = \"1TB\"');"
        "con.execute('create table marts.mine (i int)'); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", program, str(company.published)], check=False)
    assert Path(f"{company.published.resolve()}.wal").exists()
    company.publish()
    assert not Path(f"{company.published.resolve()}.wal").exists()
    assert published_files(company) == FILES
    assert company.read("select count(*) from duckdb_tables() where table_name = 'mine'") == [(0,)]


def published_files(company: Company) -> list[str]:
    return sorted(path.name for path in company.published.parent.iterdir())


def test_a_table_that_is_missing_leaves_the_old_file_as_it_was(company: Company) -> None:
    company.run(0)
    company.publish()
    before = company.everything()
    company.execute("drop table marts.customers")
    with pytest.raises(PublicationError, match=r"the warehouse has no table marts\.customers"):
        company.publish()
    assert company.everything() == before
    assert published_files(company) == FILES


def test_a_reader_in_a_loop_never_fails_and_never_sees_half_a_day(tmp_path: Path) -> None:
    company = Company(tmp_path).create(customers=2_000)
    company.run(0)
    company.publish()
    program = """
import sys, duckdb
while True:
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        found = con.execute(
            "select (select count(*) from activation.risks where snapshot_date = as_of_date)"
            " from ops.publication").fetchall()
        again = con.execute("select count(*) % 2000 from activation.risks").fetchall()
    if found != [(2000,)] or again != [(0,)]:
        sys.exit(f"half a day: {found} {again}")
    print("read", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(company.published)], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        reads: list[str] = []
        counter = threading.Thread(target=lambda: reads.extend(reader.stdout or ()))
        assert reader.stdout.readline() == "read\n"
        counter.start()
        for day in range(1, 6):
            company.run(day)
            company.publish(full=day % 2 == 0)
        assert reader.poll() is None
        reader.kill()
        counter.join()
    assert len(reads) > 5


def test_a_reader_of_the_old_file_keeps_reading_it(company: Company) -> None:
    company.run(0)
    company.publish()
    program = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
for _ in range(2):
    print(con.execute("select count(*) from activation.risks").fetchone()[0], flush=True)
    sys.stdin.readline()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(company.published)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "3\n"
        company.run(1)
        company.publish()
        answers, _ = reader.communicate("\n\n")
    assert answers == "3\n"
    assert company.read("select count(*) from activation.risks") == [(6,)]


_PUBLISH = """
import sys
from pathlib import Path
from tests.unit.warehouse.company import write_page
from warehouse.published.publication import publish
from warehouse.published.tables import PublishedTable
risks = PublishedTable("activation", "risks", ("customer_id",), "snapshot_date")
customers = PublishedTable("marts", "customers", ("customer_id",))
publish(
    Path(sys.argv[1]),
    Path(sys.argv[2]),
    [risks, customers],
    full=bool(int(sys.argv[3])),
    companions=[write_page],
)
"""


@pytest.mark.parametrize("full", [False, True])
def test_a_publication_killed_at_any_moment_leaves_a_whole_file_and_the_next_one_tidies_up(
    tmp_path: Path, full: bool
) -> None:
    company = Company(tmp_path).create(customers=20_000)
    company.run(0)
    company.publish(companions=[write_page])
    before = company.everything()
    company.run(*range(1, 20))
    fresh = company.published.with_name("holdfast.duckdb.new")
    for wait in (0, 0.03, 0.1):
        with subprocess.Popen(
            [
                sys.executable,
                "-c",
                _PUBLISH,
                str(company.warehouse.path),
                str(company.published),
                str(int(full)),
            ],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        ) as process:
            while not fresh.exists() and process.poll() is None:
                time.sleep(0.001)
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
        if process.returncode == -signal.SIGKILL:
            seen = company.everything()
            assert seen == before or len(seen["risks"]) == 20 * 20_000
            page = company.published.with_name("page.html").read_text(encoding="utf-8")
            assert page == str(seen["publication"][0][1])
    company.publish(companions=[write_page])
    assert company.read("select count(*) from activation.risks") == [(20 * 20_000,)]
    assert published_files(company) == sorted([*FILES, "page.html"])


def test_repeated_publication_of_the_same_days_does_not_grow_the_file(tmp_path: Path) -> None:
    company = Company(tmp_path).create(customers=50_000)
    company.run(0, 1, 2)
    size = company.publish(full=True).size_bytes
    for _ in range(4):
        company.run(1)
        report = company.publish()
    assert not report.is_full
    assert report.size_bytes < 1.6 * size


class Publications(RuleBasedStateMachine):
    """Whatever runs, fails and is rebuilt, publishing the difference equals publishing all."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.company = Company(self.folder)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.company.create()
        self.was_published = False

    @rule(offsets=st.sets(st.integers(0, 6), min_size=1, max_size=3), seed=st.integers(0, 3))
    def run_dates(self, offsets: set[int], seed: int) -> None:
        self.company.run(*offsets, seed=seed)

    @rule()
    def lose_a_customer(self) -> None:
        self.company.execute("delete from marts.customers where customer_id = 'c1'")

    @rule(offset=st.integers(0, 6))
    def forget_a_date(self, offset: int) -> None:
        day = FIRST + timedelta(days=offset)
        self.company.execute(
            f"delete from ops.snapshot_dates where snapshot_date = '{day}';"
            f"delete from activation.risks where snapshot_date = '{day}'"
        )

    @rule()
    def publish(self) -> None:
        self.company.publish()
        self.was_published = True

    @invariant()
    def incremental_equals_full(self) -> None:
        if not self.was_published:
            return
        self.was_published = False
        incremental = self.company.everything()
        other = self.company.published_elsewhere()
        assert other.everything() == incremental


@pytest.mark.campaign
def test_publishing_the_difference_equals_publishing_everything(tmp_path: Path) -> None:
    Publications.folder = tmp_path / "machine"
    Publications.folder.mkdir()
    run_state_machine_as_test(
        Publications, settings=settings(max_examples=times(8), stateful_step_count=8, deadline=None)
    )
