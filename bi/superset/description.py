"""Readable description of datasets and dashboards: `datasets.yml` and `dashboards/*.yml`.

Superset's own format does not belong here (`datasets.py`, `charts.py`, `layout.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent
# In the order in which Superset lists them.
DASHBOARDS = (
    "today",
    "lifecycle",
    "segments",
    "warnings_and_actions",
    "effects",
    "trust",
    "customer",
)


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dataset(_Described):
    """Rows that charts read: published tables, limited or joined by SQL.

    Attributes:
        description: contents and grain.
        tables: published tables (`schema.name`) that the SQL reads. Columns are described by the
            first of them that has a column of the name.
        sql: query over these tables; None for all rows of the only table. `$today` stands for the
            condition on `snapshot_date` that leaves the published day, `$customer_link` for a link
            to the page of the customer of the column customer_id.
        metrics_of: tables whose metrics are computed over the rows; None for all of `tables`.
        columns: descriptions of the columns that the SQL computes.
        labels: titles of columns whose name is not readable.
        formats: formats of columns: money (no cents), amount (with cents), percent, count, decimal
            or link.
    """

    description: str
    tables: list[str]
    sql: str | None = None
    metrics_of: list[str] | None = None
    columns: dict[str, str] = {}
    labels: dict[str, str] = {}
    formats: dict[str, Literal["money", "amount", "percent", "count", "decimal", "link"]] = {}

    @property
    def is_of_one_day(self) -> bool:
        """True if the SQL leaves only rows of the published day."""
        return self.sql is not None and "$today" in self.sql


class Chart(_Described):
    """A chart, or a text.

    Attributes:
        kind: number, table (rows as they are), summary (a table of metrics by columns), bars,
            lines, heatmap, flow (from the first to the second column of `by`) or text (Markdown).
        width: columns of the dashboard's twelve.
        x: column of the horizontal axis; of bars, the column of the bars.
        by: columns that divide the rows further.
        metrics: names of metrics of the dbt project.
        columns: columns of a table.
        where: SQL condition.
        order: columns or metrics by which rows are ordered, `-` before a descending one.
        limit: number of rows at most.
        note: second line of a number, or explanation of a chart.
        options: settings of Superset's own, for this chart only.
    """

    kind: Literal["number", "table", "summary", "bars", "lines", "heatmap", "flow", "text"]
    title: str
    width: int = Field(ge=1, le=12)
    dataset: str | None = None
    x: str | None = None
    by: list[str] = []
    metrics: list[str] = []
    columns: list[str] = []
    where: str | None = None
    order: list[str] = []
    limit: int = 1000
    stacked: bool = False
    horizontal: bool = False
    note: str = ""
    options: dict[str, object] = {}


class Row(_Described):
    """Charts beside each other; the height is in steps of eight pixels."""

    height: int
    charts: list[Chart]


class Filter(_Described):
    """A native filter: values of a column of a dataset, applied to every chart with the column."""

    title: str
    dataset: str
    column: str
    order_by_metric: str | None = None
    is_single: bool = False


class Dashboard(_Described):
    """A dashboard, whose slug is `holdfast-<name of its file>`."""

    title: str
    description: str
    filters: list[Filter] = []
    rows: list[Row]

    @property
    def charts(self) -> list[Chart]:
        """The charts in reading order, without texts."""
        return [each for row in self.rows for each in row.charts if each.kind != "text"]


def datasets(folder: Path = FOLDER) -> dict[str, Dataset]:
    """The described datasets by name."""
    given = yaml.safe_load((folder / "datasets.yml").read_text(encoding="utf-8"))
    return {name: Dataset.model_validate(each) for name, each in given.items()}


def dashboards(folder: Path = FOLDER) -> dict[str, Dashboard]:
    """The described dashboards by the name of their file, in the order of `DASHBOARDS`."""
    return {
        name: Dashboard.model_validate(
            yaml.safe_load((folder / "dashboards" / f"{name}.yml").read_text(encoding="utf-8"))
        )
        for name in DASHBOARDS
    }
