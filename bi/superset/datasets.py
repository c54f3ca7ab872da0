"""Datasets in Superset's export format: columns from the dbt contracts, metrics from dbt.

An empty DuckDB with the contract's tables binds each query, so that a dataset has the columns and
types that DuckDB gives it. Which datasets there are is said in `datasets.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import duckdb

from bi.superset.description import Dataset
from bi.superset.placeholders import CURRENCY
from brief.links import CUSTOMER_PAGE
from deployment.errors import HoldfastError
from warehouse.published.metrics import Metric
from warehouse.published.tables import tables_from_manifest
from warehouse.quoting import identifier

DATABASE = "Holdfast"
FORMATS = {
    "amount": ",.2f",
    "count": ",d",
    "decimal": ",.2f",
    "money": ",.0f",
    "percent": ".1%",
}
IN_CURRENCY = ("amount", "money")
_TODAY = "snapshot_date = (select as_of_date from ops.publication)"
# SQL of the link to a customer's page, over the column customer_id.
CUSTOMER_LINK = (
    "'<a href=\""
    + CUSTOMER_PAGE.format(customer_id="' || customer_id || '")
    + "\">' || customer_id || '</a>'"
)
_PUBLICATION = """
create schema if not exists ops;
create table ops.publication (company varchar, as_of_date date, model_version varchar)
"""
_TEMPORAL = re.compile(r"^(DATE|TIMESTAMP)")


class BundleError(HoldfastError):
    """The description of datasets or dashboards does not fit the dbt project or itself."""


@dataclass(frozen=True)
class Column:
    """A column of a dataset.

    Attributes:
        name: its name.
        type: DuckDB's type.
        label: title for people.
        description: description of the contract or of the dataset.
        format: as in the description; None for texts, dates and plain numbers.
    """

    name: str
    type: str
    label: str
    description: str
    format: str | None

    @property
    def is_temporal(self) -> bool:
        """True for dates and timestamps."""
        return _TEMPORAL.match(self.type) is not None


@dataclass(frozen=True)
class BoundDataset:
    """A dataset whose columns and metrics DuckDB has accepted.

    Attributes:
        name: its name.
        description: its description.
        sql: query over the published file.
        columns: columns by name.
        metrics: metrics by name.
        is_of_one_day: whether the query leaves one day only.
    """

    name: str
    description: str
    sql: str
    columns: Mapping[str, Column]
    metrics: Mapping[str, Metric]
    is_of_one_day: bool

    @property
    def uuid(self) -> str:
        """The same in every export."""
        return stable_uuid("dataset", self.name)

    def export(self) -> dict[str, Any]:
        """The dataset as Superset exports it."""
        temporal = [column.name for column in self.columns.values() if column.is_temporal]
        return {
            "table_name": self.name,
            "description": self.description,
            "main_dttm_col": temporal[0] if temporal else None,
            "sql": self.sql,
            "schema": None,
            "filter_select_enabled": True,
            "always_filter_main_dttm": False,
            "normalize_columns": False,
            "metrics": [_metric(metric) for metric in self.metrics.values()],
            "columns": [
                {
                    "column_name": column.name,
                    "verbose_name": column.label,
                    "description": column.description,
                    "type": column.type,
                    "is_dttm": column.is_temporal,
                    "is_active": True,
                    "groupby": True,
                    "filterable": True,
                }
                for column in self.columns.values()
            ],
            "uuid": self.uuid,
            "database_uuid": stable_uuid("database", DATABASE),
            "version": "1.0.0",
        }


def stable_uuid(*parts: str) -> str:
    """A UUID that is the same for the same names."""
    return str(uuid5(NAMESPACE_URL, "/".join(("holdfast", "superset", *parts))))


def currency_format() -> dict[str, str]:
    """Superset's setting for amounts of money."""
    return {"symbol": CURRENCY, "symbolPosition": "suffix"}


def bind(
    described: Mapping[str, Dataset],
    manifest: Mapping[str, Any],
    metrics: Mapping[str, Metric],
) -> dict[str, BoundDataset]:
    """Bind the described datasets to the published tables of a dbt manifest.

    Raises:
        BundleError: a query or a metric does not fit the contracts, or a column has no description.
    """
    contracts = _contracts(manifest)
    with duckdb.connect() as con:
        con.execute(_PUBLICATION)
        for table, columns in contracts.items():
            schema, name = table.split(".")
            types = ", ".join(f"{identifier(key)} {kind}" for key, (kind, _) in columns.items())
            con.execute(f"create schema if not exists {identifier(schema)}")
            con.execute(f"create table {identifier(schema, name)} ({types})")
        return {
            name: _bound(con, name, dataset, contracts, metrics)
            for name, dataset in described.items()
        }


def _contracts(manifest: Mapping[str, Any]) -> dict[str, dict[str, tuple[str, str]]]:
    """Type and description by column, of each published table."""
    labels = {table.label for table in tables_from_manifest(manifest)}
    return {
        label: {
            name: (column["data_type"], column["description"])
            for name, column in node["columns"].items()
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and (label := f"{node['schema']}.{node['alias']}") in labels
    }


def _bound(
    con: duckdb.DuckDBPyConnection,
    name: str,
    dataset: Dataset,
    contracts: Mapping[str, Mapping[str, tuple[str, str]]],
    metrics: Mapping[str, Metric],
) -> BoundDataset:
    if unknown := sorted(set(dataset.tables) - set(contracts) - {"ops.publication"}):
        raise BundleError(f"dataset {name}: {', '.join(unknown)} is not published")
    template = dataset.sql or f"select * from {dataset.tables[0]}"
    sql = Template(template).substitute(today=_TODAY, customer_link=CUSTOMER_LINK).strip()
    measured = dataset.tables if dataset.metrics_of is None else dataset.metrics_of
    own = {key: metric for key, metric in metrics.items() if metric.table in measured}
    computed = "".join(f", {metric.expression}" for metric in own.values())
    try:
        columns = con.execute(f"describe {sql}").fetchall()
        con.execute(f"select count(*){computed} from ({sql})")
    except duckdb.Error as error:
        raise BundleError(f"dataset {name} does not fit the published tables: {error}") from error
    described = {
        column: Column(
            name=column,
            type=kind,
            label=dataset.labels.get(column, column.replace("_", " ").capitalize()),
            description=_description(name, column, dataset, contracts),
            format=dataset.formats.get(column),
        )
        for column, kind, *_ in columns
    }
    if unknown := sorted({*dataset.columns, *dataset.labels, *dataset.formats} - set(described)):
        raise BundleError(f"dataset {name}: its query has no column {', '.join(unknown)}")
    return BoundDataset(name, dataset.description, sql, described, own, dataset.is_of_one_day)


def _description(
    name: str,
    column: str,
    dataset: Dataset,
    contracts: Mapping[str, Mapping[str, tuple[str, str]]],
) -> str:
    """The description of the dataset itself, else that of the first table with the column."""
    given = [
        contracts[table][column][1]
        for table in dataset.tables
        if column in contracts.get(table, {})
    ]
    for text in (dataset.columns.get(column), *given):
        if text:
            return text
    raise BundleError(f"dataset {name}: column {column} has no description")


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "metric_name": metric.name,
        "verbose_name": metric.label,
        "description": metric.description,
        "expression": metric.expression,
        "d3format": FORMATS[metric.format],
        "currency": currency_format() if metric.format in IN_CURRENCY else None,
    }


def formatted(
    columns: Mapping[str, Column], metrics: Mapping[str, Metric]
) -> Iterator[tuple[str, str]]:
    """Names of columns and metrics with their formats."""
    for name, column in columns.items():
        if column.format not in (None, "link"):
            yield name, str(column.format)
    for name, metric in metrics.items():
        yield name, metric.format
