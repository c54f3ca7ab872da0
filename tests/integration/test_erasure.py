"""Erasure of a person: nothing of them is left, nobody else is changed, and they do not return."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
import yaml

from demo import generate
from deployment.home import Home
from erasure.keys import addresses, mailbox
from erasure.search.tables import rules_of
from orchestration.runtime.instance import RunError
from tests.integration.deployments import (
    DEMO,
    GRAINS,
    HISTORY,
    QUICK_TRAINING,
    Deployment,
    differences,
)
from warehouse.lake import Lake

NEXT = HISTORY + timedelta(days=1)
WAITING = NEXT + timedelta(days=1)
# What the person wrote before the erasure, and in a delivery that waits; nobody else has the words.
TEXT = "Terrible, awful service: my zephyrquill lamp broke twice and nobody answers. Never again!"
WAITING_TEXT = "The worst zephyrquill I ever had, a horrible disappointment. I want my money back!"


@dataclass(frozen=True)
class Person:
    """A customer of the company, as its sources know them."""

    customer_id: str
    account: str
    crm_number: str
    email: str
    phone: str
    name: str

    @property
    def texts(self) -> list[str]:
        return [self.customer_id, self.email, self.phone, self.name, TEXT, WAITING_TEXT]


@dataclass(frozen=True)
class Company:
    """A company after two days, with a delivery of the third day in its landing folder."""

    deployment: Deployment
    person: Person


def chosen(deployment: Deployment) -> Person:
    """A customer of shop and CRM who is handed over today, and whose name nobody else has."""
    rows = deployment.warehouse(
        """
        with contacts as (
            select history.customer_id, versions.*
            from intermediate.int_customers_versions as versions
            inner join intermediate.int_identity_history as history
                using (source, source_customer_id)
            where versions.phone is not null and versions.full_name is not null
        )

        select crm.customer_id, shop.source_customer_id, crm.source_customer_id, crm.email,
            crm.phone, crm.full_name
        from contacts as crm
        inner join contacts as shop using (customer_id)
        where crm.source = 'crm' and shop.source = 'shop' and crm.email = shop.email
            and crm.customer_id in (
                select customer_id from ops.decided_actions where arm = 'treatment'
            )
            and not exists (
                from contacts as other
                where other.customer_id != crm.customer_id
                    and (
                        other.phone = crm.phone
                        or lower(other.full_name) = lower(crm.full_name)
                    )
            )
            and crm.customer_id in (
                select customer_id from hand_over.action_contacts where email is not null
            )
        order by 1
        limit 1
        """
    )
    return Person(*map(str, rows[0]))


def add_line(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{before}{line}\n", "utf-8")


def crm_row(person: Person, number: str) -> str:
    values = (
        number, person.email, person.phone, person.name, "2025-01-05 10:00:00",
        "2025-01-05 10:00:00", "1980", "DE", "Kiel", "search", "basic", "1", "",
    )  # fmt: skip
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="").writerow(values)
    return line.getvalue()


def review(person: Person, number: str, day: date, text: str) -> str:
    row = {
        "review_id": number, "account_no": person.account, "order_no": None, "rating": 1,
        "text": text, "created_at": f"{day}T09:00:00Z",
    }  # fmt: skip
    return json.dumps(row)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("erasure")
    home = Home(folder / "home")
    generate(home.landing, folder / "truth", people=300, daily_drops=3)
    content = yaml.safe_load(DEMO.read_text("utf-8"))
    content["training"] |= QUICK_TRAINING
    content["publish"] = {"parquet": {}}
    # Of a company that goes back from Spark; what is left in the lake returns with the next run.
    content["engine"] = {"spark": {"master": "local[1]"}}
    config = folder / "demo.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    deployment = Deployment(home, config)
    deployment.day(HISTORY)
    person = chosen(deployment)
    for day, text in ((NEXT, TEXT), (WAITING, WAITING_TEXT)):
        number = "r-erasure-" + day.isoformat()
        path = home.landing / f"shop/reviews/reviews_{day}.jsonl"
        add_line(path, review(person, number, day, text))
    customers = home.landing / f"crm/customers/customers_{NEXT}.csv"
    add_line(customers, crm_row(person, ""))  # rejected: it has no number
    add_line(customers, f"{crm_row(person, '99')};one;two;too;many")  # unreadable
    # Exported again under another number, as after a move of the CRM.
    waiting = home.landing / f"crm/customers/customers_{WAITING}.csv"
    add_line(waiting, crm_row(person, "C-renumbered"))
    deployment.day(NEXT)
    return Company(deployment, person)


@pytest.fixture(scope="module")
def erased(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The company after the erasure; before it, two of its tables lay in a lake."""
    deployment = company.deployment.copy(tmp_path_factory.mktemp("erased") / "home")
    move_into_lake(deployment.home, "int_customers_versions", "int_events_checked")
    assert any("lake/" in place for place in found_in(deployment.home.root, company.person.texts))
    done = deployment.cli("erase", "--email", company.person.email.upper())
    assert done.returncode == 0, done.stderr
    assert (
        "Nothing else in the home has the person's addresses, numbers, name or texts."
        in done.stdout
    )
    return deployment


def move_into_lake(home: Home, *tables: str) -> None:
    """Leave tables behind as Spark does: Parquet files, and a view that lists them."""
    lake = Lake(home.lake)
    with duckdb.connect(str(home.warehouse)) as con:
        for name in tables:
            table, folder = f"intermediate.{name}", lake.new_folder("intermediate", name)
            folder.mkdir(parents=True)
            file = folder / "part-0.parquet"
            con.execute(f"copy {table} to '{file}'")
            described = con.execute(f"describe {table}").fetchall()
            con.execute(f"drop table {table}")
            columns = {column: kind for column, kind, *_ in described}
            con.execute(f"create view {table} as {lake.view([file], columns)}")


def found_in(home: Path, texts: list[str]) -> list[str]:
    """Files in which one of the texts stands, read as bytes and, if compressed, as tables."""
    wanted = [text.lower() for text in texts]
    escaped = [json.dumps(text)[1:-1] for text in wanted]
    return [
        f"{path.relative_to(home)}: {place}"
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.is_symlink()
        for place, content in contents(path)
        if any(text in content for text in (*wanted, *escaped))
    ]


def contents(path: Path) -> list[tuple[str, str]]:
    found = [("bytes", path.read_bytes().decode("utf-8", "replace"))]
    if path.suffix == ".parquet":
        found.append(("rows", str(pyarrow.parquet.read_table(path).to_pylist())))
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for schema, name in con.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall():
                rows = con.execute(f'from "{schema}"."{name}"').fetchall()
                found.append((f"{schema}.{name}", str(rows)))
    return [(place, content.lower()) for place, content in found]


def test_before_the_erasure_the_person_is_in_every_kind_of_place(company: Company) -> None:
    home = company.deployment.home.root
    places = "\n".join(found_in(home, company.person.texts))
    for expected in (
        "landing/crm/customers", f"landing/shop/reviews/reviews_{WAITING}.jsonl",
        "dagster/event_log.db", "warehouse.duckdb: raw_crm.customers",
        "warehouse.duckdb: ops.rejected_rows", "warehouse.duckdb: ops.unreadable_rows",
        "warehouse.duckdb: ml.complaint_examples", "hand_over/", "published/parquet/versions",
        "published/versions",
    ):  # fmt: skip
        assert expected in places


def test_a_dry_run_lists_places_and_numbers_and_changes_nothing(company: Company) -> None:
    home = company.deployment.home
    before = {path: path.read_bytes() for path in home.root.rglob("*.duckdb")}
    done = company.deployment.cli("erase", "--customer", company.person.customer_id, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in home.root.rglob("*.duckdb")} == before
    shown = {tuple(line.split()) for line in done.stdout.splitlines()}
    assert ("marts.dim_customers", "1") in shown
    assert ("ops.unreadable_rows", "1") in shown
    landing = home.landing
    assert (str(landing / f"shop/reviews/reviews_{WAITING}.jsonl"), "1") in shown
    assert (str(landing / f"crm/customers/customers_{WAITING}.csv"), "1") in shown
    assert "demo-churn 1 of" in done.stdout
    assert not any(text in done.stdout for text in company.person.texts)


def test_after_the_erasure_no_byte_of_the_home_names_the_person(
    company: Company, erased: Deployment
) -> None:
    assert found_in(erased.home.root, company.person.texts) == []


def test_the_key_and_the_hashes_are_private_and_the_journal_names_nobody(
    company: Company, erased: Deployment
) -> None:
    folder = erased.home.erasure
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (entry,) = (folder / "requests.jsonl").read_text("utf-8").splitlines()
    assert json.loads(entry)["counts"]["published"]["marts.dim_customers"] == 1
    assert not (folder / "pending.json").exists()
    assert len((folder / "key").read_bytes()) == 32


def test_the_rows_of_all_other_customers_are_as_they_were_published(
    company: Company, erased: Deployment
) -> None:
    before, person = company.deployment, company.person.customer_id
    with duckdb.connect() as con:
        con.execute(f"attach '{before.home.published}' as before (read_only)")
        con.execute(f"attach '{erased.home.published}' as after (read_only)")
        for table in GRAINS:
            columns = con.execute(f"describe before.{table}").fetchall()
            own = "customer_id = ?" if ("customer_id" in {name for name, *_ in columns}) else "?=''"
            query = f"""
                (from before.{table} where not coalesce({own}, false) except all from after.{table})
                union all
                (from after.{table} except all from before.{table})
            """
            assert con.execute(query, [person]).fetchall() == [], table


def test_the_next_run_and_a_backfill_do_not_bring_the_person_back(
    company: Company, erased: Deployment, tmp_path: Path
) -> None:
    deployment = erased.copy(tmp_path / "home")
    landing = deployment.home.landing
    # The first export of the CRM is delivered again, with the person in it, and a longer one too.
    (first, second), delivered = exports(company), company.deployment.home.landing
    assert company.person.email in first.read_text("utf-8")
    shutil.copyfile(first, landing / first.relative_to(delivered))
    add_line(landing / second.relative_to(delivered), crm_row(company.person, "C-again"))
    waiting = f"shop/reviews/reviews_{WAITING}.jsonl"
    shutil.copyfile(delivered / waiting, landing / waiting)
    deployment.range(HISTORY, WAITING)
    assert found_in(deployment.home.root, company.person.texts) == []
    accounts = deployment.query(
        "select source, table_name, sum(erased) from ops.data_quality_daily"
        f" where snapshot_date = date '{WAITING}' group by all"
    )
    counted = {(source, table): number for source, table, number in accounts}
    # The first export, the rejected and the unreadable row of the second, and its new row.
    assert counted["crm", "customers"] >= 4
    assert counted["shop", "reviews"] >= 2
    assert loads_of(deployment, first) == loads_of(erased, first)
    assert (
        deployment.query(
            "from ops.data_quality_daily"
            " where delivered != accepted + rejected + superseded + coalesce(erased, 0)"
        )
        == []
    )


def exports(company: Company) -> tuple[Path, Path]:
    """The first two exports of the CRM's customers, as they were delivered."""
    folder = company.deployment.home.landing / "crm" / "customers"
    first, second, *_ = sorted(folder.glob("customers_*.csv"))
    return first, second


def loads_of(deployment: Deployment, export: Path) -> list[tuple[object, ...]]:
    return deployment.warehouse(
        "select load_id, rows, sha256, known_from, superseded_by from ops.load_ledger"
        f" where ends_with(path, '{export.name}') order by 1"
    )


def when_exists(*parts: str) -> Callable[[Path], bool]:
    return lambda home: home.joinpath(*parts).exists()


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(when_exists("erasure", "tombstones.json"), id="before_any_row_is_deleted"),
        pytest.param(when_exists("warehouse.duckdb.erased"), id="after_the_transaction"),
        pytest.param(when_exists("published", "versions", "000003"), id="while_it_publishes"),
    ],
)
def test_a_killed_erasure_stops_the_runs_until_it_is_finished(
    company: Company, erased: Deployment, tmp_path: Path, moment: Callable[[Path], bool]
) -> None:
    deployment = company.deployment.copy(tmp_path / "home")
    command = deployment.command("erase", "--customer", company.person.customer_id)
    process = subprocess.Popen(
        command, env=deployment.environ(), cwd=DEMO.parent.parent, stdout=subprocess.DEVNULL
    )
    while process.poll() is None and not moment(deployment.home.root):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    with pytest.raises(RunError, match="an erasure was interrupted"):
        deployment.day(WAITING)
    done = deployment.cli("erase")
    assert done.returncode == 0, done.stderr
    assert found_in(deployment.home.root, company.person.texts) == []
    assert differences(deployment, erased) == []
    assert not (deployment.home.erasure / "pending.json").exists()


def test_every_table_of_a_warehouse_is_erased_or_named_as_having_no_rows_of_persons(
    company: Company,
) -> None:
    for path in (company.deployment.home.warehouse, company.deployment.home.published):
        with duckdb.connect(str(path), read_only=True) as con:
            ((name,),) = con.execute("select current_database()").fetchall()
            assert rules_of(con, name)[1] == []


def test_an_address_has_the_normal_form_that_identity_gives_it(company: Company) -> None:
    rows = company.deployment.warehouse(
        """
        select distinct source, source_customer_id, email
        from intermediate.int_customers_versions
        where email is not null and _reject_reason is null
        """
    )
    keys = set(
        company.deployment.warehouse(
            """
            select distinct source, source_customer_id, key_value
            from intermediate.int_identity_keys
            where key_type = 'email' and not starts_with(key_value, 'erased:')
            """
        )
    )
    found = {
        (source, record, mailbox(addresses(str(email))[0]))
        for source, record, email in rows
        if addresses(str(email))
    }
    assert len(keys) > 200
    assert keys <= found


def test_nobody_is_erased_by_an_address_that_nobody_has(company: Company) -> None:
    done = company.deployment.cli("erase", "--email", "nobody.at.all@example.org")
    assert done.returncode == 1
    assert "nobody has this id or address" in done.stderr
