"""Sources to connect, a project to connect them to, and staging models run without dbt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
import pytz
import yaml

from demo import generate
from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.connect.connection import Connection, connect
from ingestion.connect.mapping.proposal import (
    EntityProposal,
    FromColumn,
    FromColumns,
    FromNames,
    LookedUp,
    Summed,
)
from ingestion.connect.origins.folder import folder_catalog
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.table_profile import profile_table
from ingestion.extraction.files import extract_files
from ingestion.opened_source import open_source
from warehouse.connection import create_tables

ROOT = Path(__file__).parents[4]
Deliver = Callable[[str, str], Path]


@dataclass
class Project:
    """A folder for drafts, a home, and the path of a configuration."""

    root: Path
    home: Home
    config: Path

    def connect(
        self,
        name: str,
        origin: str | Path,
        *,
        storage_options: Mapping[str, Any] | None = None,
        is_dry: bool = False,
    ) -> Connection:
        return connect(
            name,
            str(origin),
            self.config,
            self.home,
            self.root,
            storage_options=storage_options,
            is_dry=is_dry,
        )

    def staging(self, name: str) -> Path:
        return self.root / "dbt_project" / "models" / "staging" / name

    def entities(self, connection: Connection) -> dict[str, EntityProposal]:
        return {each.entity: each for each in connection.proposal.entities}

    def everything_written(self, name: str) -> str:
        paths = [self.config, *sorted(self.staging(name).iterdir())]
        return "\n".join(path.read_text() for path in paths)

    def staged(self, name: str, entity: str) -> list[dict[str, Any]]:
        """The rows of a staging model over the raw tables, rendered as dbt would."""
        config = yaml.safe_load(self.config.read_text())
        source = FilesSource.model_validate(config["sources"][name])
        model = self.staging(name) / f"stg_{name}__{entity}.sql"
        with duckdb.connect() as con:
            create_tables(con)
            extract_files(con, open_source(name, source), self.home, dt.date(2030, 1, 1))
            sql = rendered(model.read_text(), config["time_zone"])
            # A join gives its rows in any order.
            found = con.execute(f"select * from ({sql}\n) order by _load_id, _row")
            columns = [column.lower() for column, *_ in found.description]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def rendered(model: str, time_zone: str = "UTC") -> str:
    """A staging model's SQL with the project's own macros."""
    folder = ROOT / "dbt_project" / "macros" / "staging"
    macros = "".join(path.read_text() for path in sorted(folder.glob("*.sql")))
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text())
    variables = {**project["vars"], "time_zone": time_zone, "currency": "EUR"}
    return environment.from_string(macros + model).render(
        source=lambda source, table: f'"raw_{source}"."{table}"',
        ref=lambda seed: f"read_csv('{ROOT}/dbt_project/seeds/{seed}.csv')",
        var=lambda name, default=None: variables.get(name, default),
        model=SimpleNamespace(name="stg_any__entity"),
        **{"return": lambda value: value},
        modules=SimpleNamespace(pytz=pytz, datetime=dt),
    )


def project_in(folder: Path) -> Project:
    root = folder / "project"
    root.mkdir()
    return Project(root, Home(folder / "home").create(), root / "config" / "company.yml")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path)


@pytest.fixture(scope="session")
def demo_company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, Connection]]:
    """The demo company's three sources, each connected once."""
    folder = tmp_path_factory.mktemp("demo")
    generate(folder / "landing", folder / "truth", people=300, daily_drops=2)
    project = project_in(folder)
    names = ("crm", "shop", "helpdesk")
    return project, {name: project.connect(name, folder / "landing" / name) for name in names}


@pytest.fixture
def shop(deliver: Deliver) -> Path:
    return deliver_shop(deliver)


def deliver_shop(deliver: Deliver) -> Path:
    """Exports of a shop with personal data in every table."""
    people = (
        ("Ada Lovelace", "ada@example.org", "+44 7700 900123", "1 Baker Street"),
        ("Alan Turing", "alan@example.org", "+44 7700 9001234", "2 Baker Street"),
        ("Grace Hopper", "grace@example.org", "07700 900123", "3 Baker Street"),
    )
    deliver(
        "customers.csv",
        "customer_no,name,mail,mobile,street,registered\n"
        + "".join(f"C{n},{','.join(people[n % 3])},{n % 28 + 1:02}/01/2026\n" for n in range(60)),
    )
    deliver(
        "orders.csv",
        "order_no,customer_no,placed,state,total,contact\n"
        + "".join(
            f"{n},C{n % 60},{n % 28 + 1:02}/02/2026,paid,{n}.50,{people[n % 3][0]}\n"
            for n in range(120)
        ),
    )
    return deliver(
        "reviews.csv",
        "review_id,order_no,created_at,stars,text\n"
        + "".join(
            f"R{n},{n},2026-03-{n % 28 + 1:02},{n % 5 + 1},"
            f"{people[n % 3][0]} says {n}: the parcel never came to {people[n % 3][1]}\n"
            for n in range(60)
        ),
    )


def columns_of(proposal: EntityProposal) -> dict[str, object]:
    """Origin of each canonical column that has one."""
    found: dict[str, object] = {}
    for name, column in proposal.columns.items():
        match column.value:
            case FromColumn(origin):
                found[name] = origin
            case FromColumns(origins) | FromNames(origins):
                found[name] = origins
            case LookedUp(origin, hops):
                found[name] = (origin, *(f"{hop.table}.{hop.column}" for hop in hops))
            case Summed(table, _, amount):
                found[name] = f"sum {table}.{amount}"
    return found


def profiles_of(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, TableProfile]:
    """Profile by table of a folder's files."""
    catalog = folder_catalog(con, "exports", folder)
    return {table.name: profile_table(con, table) for table in catalog.tables}


def profile_of(
    con: duckdb.DuckDBPyConnection, deliver: Deliver, **columns: list[str]
) -> TableProfile:
    """Profile of a table with these columns of text."""
    lines = [";".join(columns), *map(";".join, zip(*columns.values(), strict=True))]
    (table,) = profiles_of(con, deliver("table.csv", "\n".join(lines) + "\n")).values()
    return table


def shop_with_a_customer_per_order(deliver: Deliver) -> Path:
    people = "".join(f"c{n:03}a,p{n % 50:03}x,Leeds\n" for n in range(60))
    deliver("customers.csv", "customer_id,customer_unique_id,city\n" + people)
    deliver(
        "orders.csv",
        "order_id,customer_id,order_status,purchase_timestamp\n"
        + "".join(
            f"o{n:03}b,c{n:03}a,{'delivered' if n % 5 else 'lost'},2025-01-02 10:00:{n:02}\n"
            for n in range(60)
        ),
    )
    return deliver(
        "order_payments.csv",
        "order_id,payment_no,payment_value\n"
        + "".join(f"o{n // 2:03}b,{n % 2},{n}.50\n" for n in range(120)),
    )


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    return deliver_into(tmp_path / "exports")


def deliver_into(folder: Path) -> Deliver:
    """Function that writes a file into a new folder and returns the folder."""
    folder.mkdir()

    def write(name: str, text: str) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write
