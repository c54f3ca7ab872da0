"""Copies of the published tables in PostgreSQL and as Parquet; one that fails fails no day.

How a copy is written does not belong here (`warehouse/published/copies/`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.engine.limits import EngineLimits
from deployment.home import Home
from orchestration.asset_keys import COPIES, COPY_IS_CURRENT, PUBLISHED, WAREHOUSE_POOL
from orchestration.translator import owner_name
from warehouse.published.copies.copy_report import CopyError, CopyReport
from warehouse.published.tables import tables_from_manifest

_DESCRIPTIONS = {
    "postgres": "Every published table in a schema of PostgreSQL, which is replaced by a rename.",
    "parquet": "Every published table as a Parquet file, with a manifest of the version.",
}


def published_copies(
    manifest: Mapping[str, Any],
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> list[dg.AssetsDefinition]:
    """An asset for each copy that the configuration asks for.

    If a copy fails, its check fails with severity ERROR and the run goes on; the copy keeps the
    version that it held, and the next run tries again. A copy with warnings fails the check with
    severity WARN.
    """
    keys = {table.label: table.order_by for table in tables_from_manifest(manifest)}
    postgres, parquet = config.publish.postgres, config.publish.parquet
    copies: dict[str, Callable[[Home], CopyReport]] = {}
    if postgres is not None:
        copies["postgres"] = lambda home: _to_postgres(home, config, keys)
    if parquet is not None:
        copies["parquet"] = lambda home: _to_parquet(home, config)
    return [_asset(name, copy, config, partitions) for name, copy in copies.items()]


def _to_postgres(
    home: Home, config: DeploymentConfig, keys: Mapping[str, tuple[str, ...]]
) -> CopyReport:
    from warehouse.published.copies.postgres import copy_to_postgres

    assert config.publish.postgres is not None
    limits = EngineLimits.of(config.engine, home)
    return copy_to_postgres(home.published, config.publish.postgres, config.slug, keys, limits)


def _to_parquet(home: Home, config: DeploymentConfig) -> CopyReport:
    from warehouse.published.copies.parquet import copy_to_parquet

    assert config.publish.parquet is not None
    folder = home.file(config.publish.parquet.folder)
    limits = EngineLimits.of(config.engine, home)
    return copy_to_parquet(home.published, folder, config.publish.readable_by, limits)


def _asset(
    name: str,
    copy: Callable[[Home], CopyReport],
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> dg.AssetsDefinition:
    key = COPIES[name]

    @dg.multi_asset(
        name=f"copy_to_{name}",
        specs=[
            dg.AssetSpec(
                key,
                deps=[PUBLISHED],
                group_name="published",
                description=_DESCRIPTIONS[name],
                owners=[owner_name(config.owner)],
                kinds={name},
                skippable=True,
                partitions_def=partitions,
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                COPY_IS_CURRENT,
                asset=key,
                description="The copy holds the published version.",
                partitions_def=partitions,
            )
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def copied(
        home: dg.ResourceParam[Home],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        severity, problem = dg.AssetCheckSeverity.WARN, None
        try:
            report = copy(home)
        except CopyError as error:
            severity, problem = dg.AssetCheckSeverity.ERROR, str(error)
        else:
            problem = "; ".join(report.warnings) or None
            yield dg.MaterializeResult(
                metadata={
                    "version": report.version,
                    "as_of_date": str(report.as_of_date),
                    "rows": sum(report.rows.values()),
                }
            )
        yield dg.AssetCheckResult(
            check_name=COPY_IS_CURRENT,
            passed=problem is None,
            severity=severity,
            description=problem,
        )

    return copied
