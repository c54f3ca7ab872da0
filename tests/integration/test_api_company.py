"""A company in three APIs, run whole: published, and still so when its help desk is down."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from deployment.home import Home
from orchestration.assets.raw import SOURCE_DELIVERS
from tests.api_company import BEGIN, fill, order
from tests.api_sources import example
from tests.integration.deployments import QUICK_TRAINING, Deployment
from tests.local_apis import SECRETS, ZENDESK_TOKEN, ZENDESK_USER, LocalApis

DAYS = 450
LAST = BEGIN.date() + timedelta(days=DAYS)
TABLES = ("hubspot/contacts", "shopify/orders", "zendesk/tickets", "zendesk/users")


@dataclass(frozen=True)
class Company:
    """A deployment after two days, on the second of which the help desk did not answer."""

    deployment: Deployment
    apis: LocalApis

    def delivers(self) -> dict[str, bool]:
        """Result of `source_delivers` for each table, from the latest run in Dagster."""
        keys = {
            table: dg.AssetCheckKey(
                dg.AssetKey([f"raw_{table.partition('/')[0]}", table.partition("/")[2]]),
                SOURCE_DELIVERS,
            )
            for table in TABLES
        }
        with dg.DagsterInstance.get() as instance:
            latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(
                list(keys.values())
            )
        passed = {}
        for table, key in keys.items():
            event = latest[key].event
            assert event is not None
            assert event.dagster_event is not None
            passed[table] = event.dagster_event.asset_check_evaluation_data.passed
        return passed


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    root = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patch, LocalApis().serving() as apis:
        for name, secret in {**SECRETS, "ZENDESK_USER": "export@example.com"}.items():
            patch.setenv(name, secret)
        fill(apis, people=300, first=BEGIN, days=DAYS)
        path = root / "company.yml"
        content = {**example(apis), "first_date": BEGIN.date().isoformat()}
        content["training"] = QUICK_TRAINING
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        deployment = Deployment(Home(root / "home"), path)
        deployment.day(LAST)
        apis.orders.put(order(90_001, 1, BEGIN + timedelta(days=DAYS + 1, hours=9), "25.00"))
        apis.fault = lambda path, count: "500" if path.startswith("/api/v2") else None
        deployment.day(LAST + timedelta(days=1))
        yield Company(deployment, apis)


def test_every_record_of_the_three_is_in_the_published_accounts(company: Company) -> None:
    accounts = company.deployment.query(
        f"""
        select source, table_name, delivered, delivered - accepted - rejected - superseded
        from ops.data_quality_daily where snapshot_date = date '{LAST}'
        order by all
        """
    )
    apis = company.apis
    assert accounts == [
        ("hubspot", "contacts", len(apis.contacts.records), 0),
        ("shopify", "customers", len(apis.customers.records), 0),
        ("shopify", "orders", len(apis.orders.records) - 1, 0),
        ("zendesk", "tickets", len(apis.tickets.records), 0),
        ("zendesk", "users", len(apis.users.records), 0),
    ]


def test_a_person_of_three_systems_is_one_customer(company: Company) -> None:
    ((customers, records),) = company.deployment.query(
        "select count(*), max(source_count) from marts.dim_customers"
    )
    assert (customers, records) == (300, 3)


def test_a_help_desk_that_is_down_stops_nothing_but_itself(company: Company) -> None:
    following = LAST + timedelta(days=1)
    assert company.deployment.query("select as_of_date from ops.publication") == [(following,)]
    assert company.deployment.query(
        f"select count(*) from marts.fct_orders where ordered_at >= date '{following}'"
    ) == [(1,)]
    assert company.deployment.query(
        f"""
        select count(*) > 0 from activation.customer_risk_daily
        where snapshot_date = date '{following}'
        """
    ) == [(True,)]
    assert company.delivers() == {
        "hubspot/contacts": True,
        "shopify/orders": True,
        "zendesk/tickets": False,
        "zendesk/users": False,
    }
    ((message,),) = company.deployment.warehouse(
        f"""
        select message from ops.extractions
        where source = 'zendesk' and run_date = date '{following}' and not is_complete
        """
    )
    assert str(message).startswith("zendesk.tickets: /api/v2/incremental/tickets/cursor.json: ")


def test_no_secret_is_anywhere_below_the_home(company: Company) -> None:
    pair = base64.b64encode(f"{ZENDESK_USER}:{ZENDESK_TOKEN}".encode()).decode()
    secrets = [secret.encode() for secret in (*SECRETS.values(), pair)]
    files = [path for path in company.deployment.home.root.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    holders = [path for path in files if _has_any(path, secrets)]
    assert holders == []


def _has_any(path: Path, secrets: list[bytes]) -> bool:
    content = path.read_bytes()
    return any(secret in content for secret in secrets)
