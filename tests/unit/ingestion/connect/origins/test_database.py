from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml

from deployment.source_config import SqlSource
from ingestion.connect.origins.errors import ConnectError
from tests.databases import PASSWORD, Server
from tests.unit.ingestion.connect.conftest import Project, columns_of


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://crm:s3cr3t-word@db/crm",
        "postgresql://db/crm?user=crm&password=s3cr3t-word",
        "mysql+pymysql://crm:s3cr3t-word@db/crm",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    project: Project, url: str
) -> None:
    with pytest.raises(ConnectError, match="CRM_URL") as error:
        project.connect("crm", url)
    assert "s3cr3t" not in str(error.value)
    assert not project.config.exists()


def test_a_secret_is_never_shown_in_a_message(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_URL", "sqlite:////nowhere/at/all.db?password=s3cr3t-word")
    with pytest.raises(ConnectError, match="there is no database file") as error:
        project.connect("crm", "${CRM_URL}")
    assert "s3cr3t" not in str(error.value)


def test_a_database_is_read_with_its_declared_keys(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as con:
        con.executescript(
            """
            create table contact (
                id integer primary key, email text, updated_at text not null
            );
            create table deal (
                ref text primary key, person integer references contact (id), closed_on text,
                amount numeric, status text
            );
            create table noise (word text);
            insert into noise values ('a'), ('a');
            """
        )
        con.executemany(
            "insert into contact values (?, ?, ?)",
            [(n, f"p{n}@example.org", f"2026-01-{n % 28 + 1:02} 10:00:00") for n in range(1, 41)],
        )
        con.executemany(
            "insert into deal values (?, ?, ?, ?, ?)",
            [(f"D{n}", n % 40 + 1, "2026-02-03", n + 0.5, "paid") for n in range(80)],
        )
    connection = project.connect("crm", f"sqlite:///{path}")
    entities = project.entities(connection)
    assert entities["customers"].table == "contact"
    assert columns_of(entities["customers"])["source_customer_id"] == "id"
    (reference,) = connection.proposal.profile.references
    assert (reference.table, reference.column, reference.is_declared) == ("deal", "person", True)
    assert any(line.startswith("noise: no column") for line in connection.catalog.skipped)
    config = project.config.read_text()
    assert "kind: sql" in config
    assert "cursor: updated_at" in config
    assert "noise" not in config


def test_a_database_without_tables_or_driver_is_one_message(
    project: Project, tmp_path: Path
) -> None:
    with pytest.raises(ConnectError, match=r"there is no database file"):
        project.connect("crm", f"sqlite:///{tmp_path / 'empty.db'}")
    (tmp_path / "empty.db").touch()
    with pytest.raises(ConnectError, match="the database has no tables"):
        project.connect("crm", f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(ConnectError, match=r"its driver \w+ is not installed"):
        project.connect("crm", "oracle+oracledb://host/db")


def test_postgresql_is_read_in_all_schemas_with_its_declared_keys(
    project: Project, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres.database("connected")
    database.execute(
        "create schema sales",
        "create table contacts (id int primary key, email text, updated_at timestamptz not null)",
        """
        create table sales.orders (
            order_no int, customer int references contacts (id), ordered_at timestamp,
            total numeric(9, 2), state text, primary key (order_no)
        )
        """,
        """
        insert into contacts
        select i, 'p' || i || '@example.org', timestamptz '2026-01-01' + i * interval '1 hour'
        from generate_series(1, 40) as n (i)
        """,
        """
        insert into sales.orders
        select i, i % 40 + 1, timestamp '2026-02-01' + i * interval '1 hour', i + 0.5, 'paid'
        from generate_series(1, 80) as n (i)
        """,
    )
    monkeypatch.setenv("CRM_URL", database.url)
    connection = project.connect("crm", "${CRM_URL}")
    entities = project.entities(connection)
    assert columns_of(entities["orders"])["source_customer_id"] == "customer"
    (reference,) = connection.proposal.profile.references
    assert (reference.column, reference.is_declared) == ("customer", True)
    entry = yaml.safe_load(project.config.read_text())["sources"]["crm"]
    source = SqlSource.model_validate(entry)
    assert source.url == "${CRM_URL}"
    assert {table.table for table in source.tables.values()} == {None, "sales.orders"}
    assert {tuple(table.key) for table in source.tables.values()} == {("id",), ("order_no",)}
    assert PASSWORD not in project.everything_written("crm")
