"""Metrics: the dbt project's metrics as SQL expressions over one published table each.

dbt defines measures, filters and ratios (MetricFlow's YAML in `dbt_project/models/metrics/`);
dashboards take their SQL from here. Which metric is shown where does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployment.errors import HoldfastError

_FORMATS = ("count", "decimal", "money", "percent")
_AGGREGATES = {
    "average": "avg({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "max": "max({})",
    "median": "median({})",
    "min": "min({})",
    "sum": "sum({})",
    "sum_boolean": "count_if({})",
}
_DIMENSION = re.compile(r"\{\{\s*Dimension\(\s*'(\w+)__(\w+)'\s*\)\s*\}\}")


class MetricError(HoldfastError):
    """A metric of the dbt project cannot be written as SQL over one table."""


@dataclass(frozen=True)
class Metric:
    """A metric over one published table.

    Attributes:
        name: name in the dbt project.
        label: title for people.
        description: description in the dbt project.
        format: count, decimal, money (in the deployment's currency) or percent (a share of 1).
        table: `schema.name` of the table.
        expression: SQL aggregate over the table's columns.
        one_day_of: date column of which the rows of one day only may be summed, so that a query
            must be limited to one date or grouped by it; None if any rows may be summed.
    """

    name: str
    label: str
    description: str
    format: str
    table: str
    expression: str
    one_day_of: str | None


def metrics_from_manifest(manifest: Mapping[str, Any]) -> dict[str, Metric]:
    """The metrics of a dbt manifest that have a format (`config.meta.format`), by name.

    Metrics without a format are parts of ratios.

    Raises:
        MetricError: a metric has another type than simple or ratio, an unknown aggregate or format,
            a filter that names another table's dimension, or parts from different tables.
    """
    definitions = _Definitions.of(manifest)
    found = {}
    for name, node in sorted(definitions.metrics.items()):
        form = node["config"]["meta"].get("format")
        if form is None:
            continue
        if form not in _FORMATS:
            raise MetricError(f"metric {name}: format {form} is none of {', '.join(_FORMATS)}")
        part = definitions.part(name, ())
        found[name] = Metric(
            name=name,
            label=node["label"],
            description=node["description"],
            format=form,
            table=part.table,
            expression=part.expression,
            one_day_of=part.one_day_of,
        )
    return found


@dataclass(frozen=True)
class _Part:
    """A numerator, a denominator or a whole metric."""

    table: str
    expression: str
    one_day_of: str | None


@dataclass(frozen=True)
class _Definitions:
    """Metrics by name, and semantic models by the name of each measure."""

    metrics: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> _Definitions:
        metrics = {node["name"]: node for node in manifest["metrics"].values()}
        models = {
            measure["name"]: model
            for model in manifest["semantic_models"].values()
            for measure in model["measures"]
        }
        return cls(metrics, models)

    def part(self, name: str, filters: tuple[str, ...]) -> _Part:
        """The SQL of a metric, with the filters of the metrics of which it is a part."""
        node = self.metrics[name]
        parameters = node["type_params"]
        filters = (*filters, *_templates(node))
        if node["type"] == "simple":
            measure = parameters["measure"]
            return self._measure(name, measure["name"], (*filters, *_templates(measure)))
        if node["type"] == "ratio":
            return self._ratio(name, parameters, filters)
        raise MetricError(f"metric {name}: expected type simple or ratio, not {node['type']}")

    def _ratio(self, name: str, parameters: Mapping[str, Any], filters: tuple[str, ...]) -> _Part:
        above, below = (
            self.part(side["name"], (*filters, *_templates(side)))
            for side in (parameters["numerator"], parameters["denominator"])
        )
        if (above.table, above.one_day_of) != (below.table, below.one_day_of):
            raise MetricError(f"metric {name}: its parts are summed over different rows")
        # Multiplied by a double, so that amounts are not divided as decimals of two places.
        ratio = f"1.0::double * {above.expression} / nullif({below.expression}, 0)"
        return _Part(above.table, ratio, above.one_day_of)

    def _measure(self, name: str, measure_name: str, filters: tuple[str, ...]) -> _Part:
        model = self.models[measure_name]
        measure = next(each for each in model["measures"] if each["name"] == measure_name)
        if measure["agg"] not in _AGGREGATES:
            raise MetricError(f"metric {name}: unknown aggregate {measure['agg']}")
        expression = _AGGREGATES[measure["agg"]].format(measure["expr"] or measure_name)
        conditions = dict.fromkeys(_condition(name, template, model) for template in filters)
        if conditions:
            expression = f"{expression} filter (where {' and '.join(conditions)})"
        relation = model["node_relation"]
        return _Part(
            table=f"{relation['schema_name']}.{relation['alias']}",
            expression=expression,
            one_day_of=_one_day_of(measure, model),
        )


def _templates(holder: Mapping[str, Any]) -> tuple[str, ...]:
    """Filters of a metric or of its reference to another, as MetricFlow's templates."""
    given = holder.get("filter") or {"where_filters": []}
    return tuple(each["where_sql_template"] for each in given["where_filters"])


def _condition(name: str, template: str, model: Mapping[str, Any]) -> str:
    """A filter as SQL, with the columns of the semantic model's dimensions."""
    columns = {each["name"]: each["expr"] or each["name"] for each in model["dimensions"]}

    def column(match: re.Match[str]) -> str:
        entity, dimension = match.groups()
        if entity != model["primary_entity"] or dimension not in columns:
            raise MetricError(f"metric {name}: {model['name']} has no dimension {match.group(0)}")
        return f"({columns[dimension]})" if " " in columns[dimension] else str(columns[dimension])

    return _DIMENSION.sub(column, template)


def _one_day_of(measure: Mapping[str, Any], model: Mapping[str, Any]) -> str | None:
    """Column of the dimension over which a measure must not be summed."""
    given = measure["non_additive_dimension"]
    if given is None:
        return None
    dimension = next(each for each in model["dimensions"] if each["name"] == given["name"])
    return str(dimension["expr"] or dimension["name"])
