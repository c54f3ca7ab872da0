"""Raw tables: what is new at each source, landed as delivered."""

from collections.abc import Iterator

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import FilesSource, FileTable, Source
from ingestion.extraction.sources import Extraction, extract
from ingestion.landing.report import TableReport
from orchestration.partitions import dates_of
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse

POOL = "warehouse_writer"
SOURCE_DELIVERS = "source_delivers"
SCHEMA_IS_AS_BEFORE = "schema_is_as_before"

_CHECKS = {
    SOURCE_DELIVERS: "The source could be read; where not, its rows are those of before.",
    SCHEMA_IS_AS_BEFORE: "The columns are those of the extraction before; what is not, is told.",
}


def raw_assets(
    name: str,
    source: Source,
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> dg.AssetsDefinition:
    """The raw tables of one source, loaded together: all that is new, or nothing.

    A source that cannot be read today keeps the rows that it has delivered. Its check fails and the
    day goes on without it: what is known of customers is worth more a day old than not at all.
    """
    keys = {table_name: dg.AssetKey([f"raw_{name}", table_name]) for table_name in source.tables}

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
        pool=POOL,
        can_subset=True,
    )
    def raw(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        with final_unless_in_use():
            warehouse.initialise(config.slug, config.company)
            with warehouse.connect() as con:
                extraction = extract(con, name, source, home, dates_of(context))
        reports = {report.table: report for report in extraction.reports}
        for table_name, key in keys.items():
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(
                    asset_key=key, metadata=_figures(source, reports.get(table_name))
                )
            if dg.AssetCheckKey(key, SOURCE_DELIVERS) in context.selected_asset_check_keys:
                yield _delivers(key, extraction)
            if dg.AssetCheckKey(key, SCHEMA_IS_AS_BEFORE) in context.selected_asset_check_keys:
                yield _as_before(key, reports.get(table_name))

    return raw


def _delivers(key: dg.AssetKey, extraction: Extraction) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SOURCE_DELIVERS,
        passed=extraction.failure is None,
        severity=dg.AssetCheckSeverity.ERROR,
        description=extraction.failure,
    )


def _as_before(key: dg.AssetKey, report: TableReport | None) -> dg.AssetCheckResult:
    changes = report.schema_changes if report else ()
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SCHEMA_IS_AS_BEFORE,
        passed=not changes,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(map(str, changes)) or None,
    )


def _figures(source: Source, report: TableReport | None) -> dict[str, int | float | str]:
    """What is shown of an extraction; of a source that could not be read, that nothing came."""
    if report is None:
        return {"rows_loaded": 0, "is_stale": "the source could not be read"}
    figures: dict[str, int | float | str] = {
        "rows_loaded": report.rows,
        "seconds": round(report.seconds, 3),
    }
    if not isinstance(source, FilesSource):
        return {**figures, "rows_ended": report.rows_ended}
    if report.rows_unreadable:
        figures["rows_unreadable"] = report.rows_unreadable
    if report.encodings:
        figures["encodings"] = ", ".join(report.encodings)
    return {
        **figures,
        "files_loaded": report.files_loaded,
        "files_unchanged": report.files_unchanged,
        "files_superseded": report.files_superseded,
        "latest_drop": str(report.latest_drop) if report.latest_drop else "undated",
    }
