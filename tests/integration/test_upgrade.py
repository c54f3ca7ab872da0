"""A home of the release before, opened by today's code for its next day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from deployment.home import Home
from tests.integration.deployments import DEMO, GRAINS, QUICK_TRAINING, Deployment, differences
from tests.upgrade.homes import COMMITS, DAY, unpack

NEXT = DAY + timedelta(days=1)
# The accounting of the day; its other columns are of both days, or of the day of an erasure.
COUNTED = "source, table_name, delivered, accepted, rejected, superseded, lost_values, lost_fields"


@dataclass(frozen=True)
class Upgrade:
    """The home as the release left it, after today's run, and one that today's code built alone."""

    old: Path
    upgraded: Deployment
    fresh: Deployment


@pytest.fixture(scope="module", params=COMMITS)
def upgrade(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Upgrade:
    folder = tmp_path_factory.mktemp("upgrade")
    content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    # Tables that the release did not have.
    for table in ("preferences", "suppressions"):
        content["sources"]["crm"]["tables"][table]["optional"] = True
    content["training"] |= QUICK_TRAINING
    config = folder / "demo.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    homes = {name: folder / name for name in ("old", "upgraded", "fresh")}
    for home in homes.values():
        unpack(request.param, home)
    for path in homes["fresh"].iterdir():
        if path.name != "landing":
            path.rename(folder / f"unused_{path.name}")
    upgraded, fresh = (Deployment(Home(homes[name]), config) for name in ("upgraded", "fresh"))
    for deployment in (upgraded, fresh):
        deployment.day(NEXT)
    return Upgrade(homes["old"] / "published" / "holdfast.duckdb", upgraded, fresh)


def rows_of_the_release(old: Path) -> Iterator[tuple[str, str, int]]:
    """Each daily table of the release's published file with its columns and number of rows."""
    with duckdb.connect(str(old), read_only=True) as con:
        for table, columns in con.execute(
            """
            select schema_name || '.' || table_name, string_agg('"' || column_name || '"')
            from duckdb_columns()
            where not internal
            group by all
            having bool_or(column_name = 'snapshot_date')
            """
        ).fetchall():
            (rows,) = con.execute(f"select count(*) from {table}").fetchone() or (0,)
            yield table, columns, rows


def test_every_row_of_the_published_days_stays_as_the_release_published_it(
    upgrade: Upgrade,
) -> None:
    tables = list(rows_of_the_release(upgrade.old))
    assert ("activation.customer_risk_daily" in [name for name, _, rows in tables if rows]) is True
    with duckdb.connect(str(upgrade.upgraded.home.published), read_only=True) as con:
        con.execute(f"attach '{upgrade.old}' as old (read_only)")
        changed = {
            table: con.execute(
                f"select count(*) from (select {columns} from old.{table} where snapshot_date <="
                f" '{DAY}' except all select {columns} from {table})"
            ).fetchone()
            for table, columns, _ in tables
        }
    assert changed == dict.fromkeys(changed, (0,))


def test_records_keep_their_customers_and_rows_are_accepted_as_in_a_new_home(
    upgrade: Upgrade,
) -> None:
    # Totals have the corrections that were found since the release first reported them.
    marts = [
        table for table in GRAINS if table.startswith("marts.") and "daily_totals" not in table
    ]
    assert differences(upgrade.upgraded, upgrade.fresh, marts) == []
    counted = f"select {COUNTED} from ops.data_quality_daily where snapshot_date = '{NEXT}'"
    assert sorted(upgrade.upgraded.query(counted)) == sorted(upgrade.fresh.query(counted))
    with duckdb.connect(str(upgrade.upgraded.home.published), read_only=True) as con:
        con.execute(f"attach '{upgrade.old}' as old (read_only)")
        assert (
            con.execute(
                """
            select customer_id, source, source_customer_id from old.marts.customer_identities
            except
            select customer_id, source, source_customer_id from marts.customer_identities
            """
            ).fetchall()
            == []
        )


def test_the_models_of_the_release_stay_in_use(upgrade: Upgrade) -> None:
    scored = "select distinct snapshot_date, model_version from activation.customer_risk_daily"
    with duckdb.connect(str(upgrade.old), read_only=True) as con:
        ((day, version),) = con.execute(scored).fetchall()
    assert sorted(upgrade.upgraded.query(scored)) == [(day, version), (NEXT, version)]
