"""An unknown shop, connected by `holdfast connect` and a few edited lines: the Olist sample.

The data set is public and not part of the repository: OLIST_DIR names the folder of its six files.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cli.doctor.diagnosis import diagnose
from deployment.home import Home
from ingestion.connect.connection import Connection, connect
from ingestion.connect.drafts.todo import MARKER
from tests.integration.deployments import ROOT, Deployment, with_quick_training
from tests.integration.test_real_data_staging import data_folder, one

MOST_EDITED_LINES = 60
LAST = date(2018, 8, 29)
STAGING = Path("dbt_project/models/staging/olist")

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Connection]]:
    """A project without Olist, to which `holdfast connect` has added it."""
    data = data_folder("OLIST_DIR")
    project = tmp_path_factory.mktemp("project")
    (project / "dbt_project").mkdir()
    shutil.copy(ROOT / "dbt_project" / "dbt_project.yml", project / "dbt_project")
    home = Home(tmp_path_factory.mktemp("home")).create()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLIST_DIR", str(data))
        config = project / "config" / "olist.yml"
        yield project, connect("olist", "${OLIST_DIR}", config, home, project)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The company after its run, model and all."""
    data = data_folder("OLIST_DIR")
    folder = tmp_path_factory.mktemp("olist")
    config = with_quick_training(ROOT / "config" / "olist.yml", folder)
    deployment = Deployment(Home(folder / "home"), config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLIST_DIR", str(data))
        deployment.day(LAST, retrain=True)
        yield deployment


@pytest.fixture(scope="module")
def olist(company: Deployment) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(company.home.warehouse), read_only=True) as con:
        yield con


def test_the_six_tables_are_taken_for_what_they_are(generated: tuple[Path, Connection]) -> None:
    _, connection = generated
    proposal = connection.proposal
    assert {guess.table: guess.entity for guess in proposal.entities} == {
        "customers": "customers",
        "orders": "orders",
        "order_items": "order_lines",
        "order_reviews": "feedback",
    }
    assert {name: key.columns for name, key in proposal.profile.keys.items()} == {
        "customers": ("customer_id",),
        "orders": ("order_id",),
        "order_items": ("order_id", "order_item_id"),
        "order_payments": ("order_id", "payment_sequential"),
        "order_reviews": ("review_id", "order_id"),
        "products": ("product_id",),
    }


def test_doctor_refuses_what_connect_was_not_sure_of(
    generated: tuple[Path, Connection], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project, connection = generated
    monkeypatch.setenv("OLIST_DIR", str(data_folder("OLIST_DIR")))
    findings = diagnose(project / "config" / "olist.yml", Home(tmp_path), ports={}, project=project)
    refused = [each.subject for each in findings if MARKER in each.message]
    assert len(refused) == len(connection.open_questions) == 14
    assert {Path(each.rpartition(":")[0]).name for each in refused} == {
        "olist.yml",
        "stg_olist__customers.sql",
        "stg_olist__orders.sql",
        "stg_olist__order_lines.sql",
        "stg_olist__feedback.sql",
    }


def test_what_is_committed_is_what_connect_wrote_but_for_a_few_lines(
    generated: tuple[Path, Connection],
) -> None:
    project, _ = generated
    names = {path.name for path in (project / STAGING).iterdir()}
    assert names == {path.name for path in (ROOT / STAGING).iterdir()}
    edited = [
        line
        for name in names
        for line in difflib.unified_diff(
            (project / STAGING / name).read_text().splitlines(),
            (ROOT / STAGING / name).read_text().splitlines(),
            lineterm="",
            n=0,
        )
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert 0 < len(edited) <= MOST_EDITED_LINES
    assert MARKER not in "".join(path.read_text() for path in (ROOT / STAGING).iterdir())
    assert MARKER not in (ROOT / "config" / "olist.yml").read_text()


def test_a_customer_is_a_person_and_not_an_order(olist: duckdb.DuckDBPyConnection) -> None:
    assert one(
        olist,
        """
        select count(*), count(distinct source_customer_id), count(source_customer_id)
        from staging.stg_olist__orders
        """,
    ) == (20_000, 19_831, 20_000)
    assert (
        one(olist, "select count(distinct source_customer_id) from staging.stg_olist__customers")
        == 19_831
    )


def test_an_order_is_worth_what_was_paid_for_it(olist: duckdb.DuckDBPyConnection) -> None:
    paid, orders, wrong = one(
        olist,
        """
        with payments as (
            select order_id, sum(cast(payment_value as decimal(18, 2))) as paid
            from raw_olist.order_payments
            group by order_id
        )
        select sum(net_amount), count(*), count(*) filter (where net_amount != paid)
        from staging.stg_olist__orders
        left join payments on source_order_id = order_id
        """,
    )
    assert (float(paid), orders, wrong) == (3_249_579.78, 20_000, 0)


def test_every_state_is_known_and_what_was_not_delivered_is_no_purchase(
    olist: duckdb.DuckDBPyConnection,
) -> None:
    states = olist.execute(
        "select status, count(*) from staging.stg_olist__orders group by all order by all"
    ).fetchall()
    assert states == [("cancelled", 241), ("completed", 19_430), ("open", 329)]


def test_every_delivered_row_is_staged_once(olist: duckdb.DuckDBPyConnection) -> None:
    delivered = {"customers": 20_000, "orders": 20_000, "order_lines": 22_618, "feedback": 19_986}
    for entity, rows in delivered.items():
        assert one(
            olist,
            f"""
            select count(*), count(distinct (_load_id, _row)), count(_row_reason)
            from intermediate.int_{entity}_versions
            """,
        ) == (rows, rows, 0)


def test_a_review_counts_from_its_answer_and_several_of_an_order_are_several(
    olist: duckdb.DuckDBPyConnection,
) -> None:
    reviews, ids, orders, people = one(
        olist,
        """
        select
            count(*),
            count(distinct source_feedback_id),
            count(distinct source_order_id),
            count(source_customer_id)
        from staging.stg_olist__feedback
        """,
    )
    assert (reviews, ids, orders, people) == (19_986, 19_986, 19_872, 19_986)
    assert one(
        olist,
        """
        select bool_and(created_at = cast(review_answer_timestamp as timestamp))
        from staging.stg_olist__feedback
        inner join raw_olist.order_reviews using (_load_id, _row)
        """,
    )


def test_every_delivered_row_is_accounted_for_also_of_tables_that_are_only_looked_into(
    company: Deployment,
) -> None:
    assert company.query(
        """
        select table_name, delivered, accepted, rejected, superseded
        from ops.data_quality_daily
        order by table_name
        """
    ) == [
        ("customers", 20_000, 19_831, 169, 0),
        ("order_items", 22_618, 22_618, 0, 0),
        ("order_payments", 20_873, 20_873, 0, 0),
        ("order_reviews", 19_986, 19_986, 0, 0),
        ("orders", 20_000, 20_000, 0, 0),
        ("products", 11_318, 11_318, 0, 0),
    ]


def test_where_hardly_anybody_returns_everybody_gets_the_average_and_no_reason(
    company: Deployment,
) -> None:
    ((customers, chances, lowest, reasons),) = company.query(
        """
        select
            count(*), count(distinct churn_probability), min(churn_probability),
            count_if(reason_1 not like 'No measured%')
        from activation.customer_risk_daily
        """
    )
    assert customers == 15_110
    assert (chances, reasons) == (1, 0)
    assert lowest > 0.99  # type: ignore[operator]
