"""Raw tables: new rows of each source, stored as delivered; then the removal of what is too old.

Reading sources does not belong here (`ingestion/`), nor the choice of rows that are removed
(`warehouse/pruning/`).
"""

from collections.abc import Iterator

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import FileTable, Source
from erasure.redeliveries import clean_redelivered_files
from erasure.request import require_none_pending
from ingestion.extraction.sources import Extraction, extract
from ingestion.landing.report import TableReport
from orchestration.asset_keys import REMOVED_ROWS, WAREHOUSE_POOL, raw_key
from orchestration.metadata import extraction_figures
from orchestration.partitions import dates_of
from orchestration.pruning import prune
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.exclusive import hold
from warehouse.health.lost_days import require_history
from warehouse.pruning.past_days import require_kept

SOURCE_DELIVERS = "source_delivers"
SCHEMA_IS_AS_BEFORE = "schema_is_as_before"

_CHECKS = {
    SOURCE_DELIVERS: "The source could be read; otherwise the table keeps its earlier rows.",
    SCHEMA_IS_AS_BEFORE: "The columns are those of the previous load; lists every difference.",
}


def raw_assets(
    name: str,
    source: Source,
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> dg.AssetsDefinition:
    """The raw tables of one source, loaded in one transaction.

    If the source cannot be read, its tables stay as they were, its check fails with severity
    ERROR, and the run continues. The day is published with the source marked as stale.
    """
    keys = {table_name: raw_key(name, table_name) for table_name in source.tables}

    @dg.multi_asset(
        name=f"raw_{name}",
        specs=[
            dg.AssetSpec(
                key=keys[table_name],
                group_name="raw",
                description=f"Rows of {table_name} as {name} delivered them; append-only.",
                owners=[owner_name(config.owner)],
                kinds={"duckdb", table.format if isinstance(table, FileTable) else source.kind},
                skippable=True,
            )
            for table_name, table in source.tables.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(check, asset=key, description=description, partitions_def=partitions)
            for key in keys.values()
            for check, description in _CHECKS.items()
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
        can_subset=True,
    )
    def raw(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        with final_unless_in_use():
            # A run of the command line holds the home already; one of the daemon does from here on.
            hold(home)
            require_none_pending(home)
            for day in require_history(home, dates_of(context)):
                context.log.warning("%s is published and not in the warehouse: run it again", day)
            warehouse.initialise(config.slug, config.company)
            for problem in clean_redelivered_files(config, home, {name: source}):
                context.log.warning(problem)
            with warehouse.connect() as con:
                extraction = extract(con, name, source, home, dates_of(context))
        reports = {report.table: report for report in extraction.reports}
        for table_name, key in keys.items():
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(
                    asset_key=key, metadata=extraction_figures(source, reports.get(table_name))
                )
            if dg.AssetCheckKey(key, SOURCE_DELIVERS) in context.selected_asset_check_keys:
                yield _source_delivers(key, extraction)
            if dg.AssetCheckKey(key, SCHEMA_IS_AS_BEFORE) in context.selected_asset_check_keys:
                yield _schema_is_as_before(key, reports.get(table_name))

    return raw


def removed_rows_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The account of the rows that the settings of the section `keep` have removed."""

    @dg.asset(
        key=REMOVED_ROWS,
        deps=[
            raw_key(name, table)
            for name, source in config.sources.items()
            for table in source.tables
        ],
        group_name="raw",
        description="Rows, runs and models that were removed because of their age (section keep of"
        " the configuration), with their numbers.",
        owners=[owner_name(config.owner)],
        kinds={"duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def removed_rows(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        days = dates_of(context)
        with final_unless_in_use(), warehouse.connect() as con:
            require_kept(con, days, config.churn.horizon_days)
            pruned = prune(con, config, home, models, context.instance, besides=days)
        return dg.MaterializeResult(metadata=pruned.figures())

    return removed_rows


def _source_delivers(key: dg.AssetKey, extraction: Extraction) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SOURCE_DELIVERS,
        passed=extraction.failure is None,
        severity=dg.AssetCheckSeverity.ERROR,
        description=extraction.failure,
    )


def _schema_is_as_before(key: dg.AssetKey, report: TableReport | None) -> dg.AssetCheckResult:
    changes = report.schema_changes if report else ()
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SCHEMA_IS_AS_BEFORE,
        passed=not changes,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(map(str, changes)) or None,
    )
