"""Models that scored past days and that MLflow's registry no longer has."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import duckdb

from deployment.home import Home
from ml.registry.version_index import IndexedModels
from warehouse.connection import open_file, warehouse_owner
from warehouse.health.faults import FaultError

if TYPE_CHECKING:
    from ml.churn.model import LoadedModel


def require_models(home: Home, models: IndexedModels[LoadedModel], slug: str) -> None:
    """Check that every churn model that scored a day of a company's warehouse is registered.

    A new registry numbers its versions from 1 again, so the outcomes of two models would be those
    of one.

    Raises:
        FaultError: a model is missing.
        WarehouseError: another process holds the warehouse, or DuckDB cannot open it.
    """
    known = {version.version for version in models.index.versions(models.model)}
    lost = sorted(_scored_by(home, slug) - known, key=int)
    if lost:
        raise FaultError(
            f"{home.mlflow_database} lacks the models that scored past days (version "
            f"{', '.join(lost)}): restore the folder {home.mlflow_database.parent} from a backup; "
            "without one, set HOLDFAST_HOME to a new folder with the same deliveries. A model that "
            "is trained now would take the number of a lost one"
        )


def _scored_by(home: Home, slug: str) -> set[str]:
    """Versions of the models that scored the days of the warehouse; none of another company's."""
    if not home.warehouse.exists():
        return set()
    with closing(open_file(home.warehouse, read_only=True)) as con:
        try:
            if warehouse_owner(con) != slug:
                return set()
            rows = con.execute("select distinct model_version from ml.churn_scores").fetchall()
        except duckdb.CatalogException:
            return set()
    return {version for (version,) in rows}
