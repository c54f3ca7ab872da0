"""Raw tables: each source's new files, landed as delivered."""

from collections.abc import Iterator

import dagster as dg

from orchestration.config import DeploymentConfig, FilesSource
from orchestration.extract.files import extract_source
from orchestration.extract.report import TableReport
from orchestration.faults import final_unless_in_use
from orchestration.home import Home
from orchestration.partitions import dates_of
from orchestration.translator import owner_name
from orchestration.warehouse import Warehouse

POOL = "warehouse_writer"


def raw_assets(
    name: str,
    source: FilesSource,
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> dg.AssetsDefinition:
    """The raw tables of one source, loaded together: all of its new files, or none."""

    @dg.multi_asset(
        name=f"raw_{name}",
        specs=[
            dg.AssetSpec(
                key=["raw_" + name, table_name],
                group_name="raw",
                description=f"Rows of {table.path} as {name} delivered them; append-only.",
                owners=[owner_name(config.owner)],
                kinds={"duckdb", table.format},
                skippable=True,
            )
            for table_name, table in source.tables.items()
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
    ) -> Iterator[dg.MaterializeResult[None]]:
        with final_unless_in_use():
            warehouse.initialise(config.slug, config.company)
            with warehouse.connect() as con:
                reports = extract_source(con, name, source, home, dates_of(context)[-1])
        for report in reports:
            if dg.AssetKey([f"raw_{name}", report.table]) in context.selected_asset_keys:
                yield _result(report)

    return raw


def _result(report: TableReport) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(
        asset_key=[f"raw_{report.source}", report.table],
        metadata={
            "rows_loaded": report.rows,
            "files_loaded": report.files_loaded,
            "files_unchanged": report.files_unchanged,
            "files_superseded": report.files_superseded,
            "latest_drop": str(report.latest_drop) if report.latest_drop else "undated",
            "seconds": round(report.seconds, 3),
        },
    )
