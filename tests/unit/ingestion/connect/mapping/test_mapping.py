from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml

from demo import generate
from deployment.source_config import SqlSource
from ingestion.connect.mapping.proposal import (
    EntityProposal,
    FromColumn,
    FromColumns,
    LookedUp,
    Summed,
)
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import SCHEMAS
from ingestion.connect.profiling.names import column_points, table_points
from tests.databases import PASSWORD, Server
from tests.unit.ingestion.connect.conftest import ROOT, Deliver, Project


def columns_of(guess: EntityProposal) -> dict[str, object]:
    """What each field that was found is read from."""
    found: dict[str, object] = {}
    for name, field in guess.columns.items():
        match field.value:
            case FromColumn(column):
                found[name] = column
            case FromColumns(columns):
                found[name] = columns
            case LookedUp(column, hops):
                found[name] = (column, *(f"{hop.table}.{hop.column}" for hop in hops))
            case Summed(table, _, amount):
                found[name] = f"sum {table}.{amount}"
    return found


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Customer ID", "customer_id"),
        ("customerId", "customer_id"),
        ("HTTPStatus", "http_status"),
        ("Straße", "strasse"),
        ("Número-Cliente", "numero_cliente"),
        (" 客户编号 ", "客户编号"),
    ],
)
def test_names_are_compared_without_case_accents_and_separators(written: str, plain: str) -> None:
    assert normalised(written) == plain


@pytest.mark.parametrize(
    ("entity", "field", "column"),
    [
        ("customers", "email", "E-Mail-Adresse"),
        ("orders", "ordered_at", "Bestelldatum"),
        ("orders", "ordered_at", "fecha_pedido"),
        ("orders", "net_amount", "valor_total"),
        ("orders", "status", "statut"),
        ("orders", "source_customer_id", "客户编号"),
        ("orders", "source_order_id", "dingdan_hao"),
        ("order_lines", "quantity", "Menge"),
        ("feedback", "text", "Commentaire"),
    ],
)
def test_the_catalogue_knows_the_languages_of_shops(entity: str, field: str, column: str) -> None:
    assert column_points(entity, field, column, "tabelle")[0] >= 3


def test_a_table_is_called_by_its_last_word() -> None:
    assert table_points("feedback", "order_reviews")[0] > table_points("orders", "order_reviews")[0]
    assert table_points("order_lines", "order_items")[0] == 4
    assert table_points("customers", "products")[0] == 0


def test_the_shapes_are_the_canonical_columns_of_the_warehouse(tmp_path: Path) -> None:
    import jinja2

    macros = (ROOT / "dbt_project" / "macros" / "entities.sql").read_text()
    macro = macros[macros.index("{% macro entity_columns") : macros.index("{% macro union_sources")]
    macro = macro[: macro.rindex("{%- endmacro %}") + len("{%- endmacro %}")]
    returned: list[dict[str, str]] = []
    environment = jinja2.Environment(autoescape=False)
    for entity, shape in SCHEMAS.items():
        call = f"{{{{ entity_columns('{entity}') }}}}"
        environment.from_string(macro + call).render({"return": returned.append})
        assert {name: kind for name, (kind, _) in shape.columns.items()} == returned[-1]
        assert list(shape.columns) == list(returned[-1])


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    generate(home / "landing", home / "truth", people=300, daily_drops=2)
    return home / "landing"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("crm", {"customers": "customers", "touches": "touches"}),
        (
            "shop",
            {
                "customers": "accounts",
                "orders": "orders",
                "order_lines": "order_lines",
                "events": "events",
                "feedback": "reviews",
            },
        ),
        ("helpdesk", {"customers": "requesters", "tickets": "tickets", "feedback": "messages"}),
    ],
)
def test_the_tables_of_the_demo_company_are_what_they_are(
    project: Project, landing: Path, source: str, expected: dict[str, str]
) -> None:
    connection = project.connect(source, landing / source)
    found = {guess.entity: guess.table for guess in connection.proposal.entities}
    assert found == expected


def test_the_demo_shop_s_columns_are_found_and_its_rows_staged(
    project: Project, landing: Path
) -> None:
    entities = project.entities(project.connect("shop", landing / "shop"))
    orders = columns_of(entities["orders"])
    same = [name for name in SCHEMAS["orders"].columns if not name.startswith("source_")]
    assert {name: orders.get(name) for name in same} == {name: name for name in same}
    assert orders["source_order_id"] == "order_no"
    assert orders["source_customer_id"] == "account_no"
    assert columns_of(entities["order_lines"])["source_order_line_id"] == ("order_no", "line_no")
    rows = project.staged("shop", "orders")
    assert len(rows) > 500
    assert {row["status"] for row in rows} == {"completed", "open", "cancelled", "refunded"}
    assert all(row["_reject_reason"] is None for row in rows)


def test_days_of_a_german_crm_and_milliseconds_of_a_help_desk_become_times(
    project: Project, landing: Path
) -> None:
    project.connect("crm", landing / "crm")
    project.connect("helpdesk", landing / "helpdesk")
    text = (project.staging("crm") / "stg_crm__customers.sql").read_text()
    assert "try_timestamp('created', ['%d.%m.%Y'])" in text
    assert "when lower(marketing_consent) in ('ja') then true" in text
    text = (project.staging("helpdesk") / "stg_helpdesk__tickets.sql").read_text()
    assert "epoch_ms(try_cast(opened as bigint)) as opened_at" in text
    assert "{{ to_local('opened_at') }} as opened_at" in text


def test_whose_a_row_is_is_looked_up_where_only_another_table_says_it(
    project: Project, deliver: Deliver
) -> None:
    deliver("clients.csv", "client_id,email\n" + "".join(f"C{n},c{n}@x.org\n" for n in range(30)))
    deliver(
        "contracts.csv",
        "contract_id,client_id,start_date,end_date,mrr\n"
        + "".join(f"K{n},C{n % 30},2025-01-{n % 28 + 1:02},,9.5\n" for n in range(60)),
    )
    folder = deliver(
        "usage.csv",
        "usage_id,contract_id,usage_date,event_type\n"
        + "".join(f"U{n},K{n % 60},2025-03-{n % 28 + 1:02},session\n" for n in range(90)),
    )
    entities = project.entities(project.connect("saas", folder))
    events = columns_of(entities["events"])
    assert events["source_customer_id"] == ("contract_id", "contracts.client_id")
    assert {row["source_customer_id"] for row in project.staged("saas", "events")} == {
        f"C{n}" for n in range(30)
    }


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


def test_a_shop_with_a_customer_per_order_is_asked_who_the_person_is(
    project: Project, deliver: Deliver
) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    entities = project.entities(project.connect("shop", folder))
    assert columns_of(entities["orders"])["source_customer_id"] == (
        "customer_id",
        "customers.customer_unique_id",
    )
    assert "is customers.customer_unique_id the person?" in str(
        entities["orders"].columns["source_customer_id"].questions
    )
    assert len({row["source_customer_id"] for row in project.staged("shop", "orders")}) == 50


def test_orders_without_an_amount_are_worth_what_was_paid_for_them_and_it_is_asked(
    project: Project, deliver: Deliver
) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    guess = project.entities(project.connect("shop", folder))["orders"].columns["net_amount"]
    assert guess.value == Summed("order_payments", "order_id", "payment_value", None, "order_id")
    assert "order_payments.payment_value adds up to 7,200.00" in str(guess.questions)
    amounts = {
        row["source_order_id"]: row["net_amount"] for row in project.staged("shop", "orders")
    }
    assert sum(amounts.values()) == 7200
    assert amounts["o001b"] == 2 + 3 + 1


def test_a_word_that_no_catalogue_has_is_rejected_and_asked_about(
    project: Project, deliver: Deliver
) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    guess = project.entities(project.connect("shop", folder))["orders"].columns["status"]
    assert "what do lost in order_status mean?" in str(guess.questions)
    reasons = {row["_reject_reason"] for row in project.staged("shop", "orders")}
    assert reasons == {None, "unreadable order_status: lost"}


def test_lines_without_orders_are_grouped_to_orders(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "invoice_lines.csv",
        "Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID\n"
        + "".join(f"{n // 3},S{n},2,2025-01-02 10:00:00,1.50,C{n // 9}\n" for n in range(90)),
    )
    entities = project.entities(project.connect("till", folder))
    assert entities["orders"].is_grouped
    assert "grouped by Invoice" in str(entities["orders"].questions)
    rows = project.staged("till", "orders")
    assert len(rows) == 30
    assert {row["net_amount"] for row in rows} == {9}
    assert {row["source_customer_id"] for row in rows} == {f"C{n}" for n in range(10)}


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


def test_a_database_without_tables_or_driver_says_so(project: Project, tmp_path: Path) -> None:
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
