"""Ten thousand mangled rows of every kind of source: each is accepted, rejected or superseded."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from deployment.home import Home
from tests.campaign import times
from tests.integration.deployments import Deployment
from tests.integration.mangled_company import Company, configuration, deliveries, land_tickets
from warehouse.connection import Warehouse, write_run_dates


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("mangled")
    deployment = Deployment(Home(folder / "home").create(), configuration(folder))
    company = Company(deployment)
    for source in ("crm", "shop"):
        (company.home.landing / source).mkdir()
    Warehouse(company.home.warehouse).initialise("demo", "Demo Company")

    @settings(
        max_examples=times(60),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(deliveries())
    def deliver(delivery: tuple[str, str, list[str], random.Random]) -> None:
        company.deliver(*delivery)

    deliver()
    for source in ("crm", "shop"):  # every table is there, whatever was refused
        assert company.extract(source)
    land_tickets(company, random.Random(7), 10_000)
    with Warehouse(company.home.warehouse).connect() as con:
        write_run_dates(con, [company.day], [])
    return company


@pytest.mark.campaign
def test_every_mangled_row_is_accepted_rejected_or_superseded(company: Company) -> None:
    company.deployment.dbt("seed")
    company.deployment.dbt("run", "--select", "+data_quality_daily", "+rejected_rows")
    accounts = company.deployment.warehouse(
        """
        select source, table_name, delivered, accepted, rejected, superseded
        from ops.data_quality_daily order by all
        """
    )
    tables = {f"{source}.{table}" for source, table, *_ in accounts}
    assert tables == {
        "crm.customers", "crm.touches", "helpdesk.tickets", "shop.accounts", "shop.orders",
        "shop.reviews",
    }  # fmt: skip
    for source, table, delivered, accepted, rejected, superseded in accounts:
        [(raw,)] = company.deployment.warehouse(f"select count(*) from raw_{source}.{table}")
        [(unreadable, reported)] = company.deployment.warehouse(
            f"""
            select
                (select count(*) from ops.unreadable_rows
                where source = '{source}' and table_name = '{table}'),
                (select count(*) from ops.rejected_rows
                where source = '{source}' and table_name = '{table}')
            """
        )
        assert isinstance(raw, int)
        assert isinstance(unreadable, int)
        assert delivered == raw + unreadable == accepted + rejected + superseded
        assert accepted
        assert rejected
        assert reported == rejected


def test_ten_thousand_rows_were_mangled_and_some_files_refused(company: Company) -> None:
    of_files = company.deployment.warehouse(
        "select sum(rows) from ops.load_ledger where source != 'helpdesk'"
    )
    assert int(str(of_files[0][0])) >= 5_000
    assert company.rows >= 20_000
    assert company.refused
    assert sum(company.refused.values()) < company.days / 2
