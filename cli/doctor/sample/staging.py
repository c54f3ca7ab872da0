"""Shares of values that the staging models of a source lose, by column, on a sample of its rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import jinja2

from cli.doctor.finding import Finding
from cli.doctor.sample.history import diagnose_history
from cli.doctor.sample.joins import unmatched
from cli.doctor.sample.models import SampledModel, run_model
from cli.doctor.sample.quantities import diagnose_quantities
from cli.doctor.sample.rows import sampled_tables
from cli.doctor.sample.templates import SEPARATOR, STATE, StagingTemplates
from deployment.config import DeploymentConfig, deployment_vars
from deployment.home import Home
from deployment.source_config import Entity, FilesSource
from ingestion.connect.profiling.entities import SCHEMAS
from warehouse.quoting import literal

# Fewer lost values than the first share are reported as a note; with the second a run is useless.
_WARNING_SHARE, _ERROR_SHARE = 0.01, 0.5
_CODE = re.compile(r"[A-Z]{3}")
_REMEDIES = {
    "unreadable": "correct the export, or the macro's arguments in the staging model",
    "implausible": "correct the export, or the interval of plausible times",
    "unknown": "add its values to the list in the staging model",
    "damaged": "export the column as text: a spreadsheet has rewritten its ids",
    "missing": "name the column in the staging model, or correct the export",
}


@dataclass(frozen=True)
class _Loss:
    """Rows of a model that lose a value of a column; `is_required` if they are rejected for it."""

    column: str
    state: str
    rows: int
    is_required: bool


def diagnose_sample(
    name: str, source: FilesSource, config: DeploymentConfig, home: Home, project: Path
) -> Iterator[Finding]:
    """Run the staging models of a source on its newest files, and report what they lose.

    Messages name columns and numbers of rows, and no row's values.

    Args:
        name: the source.
        source: its configuration.
        config: the deployment.
        home: the folder of its state.
        project: the folder that holds dbt_project/.
    """
    templates = StagingTemplates(project, name, deployment_vars(config))
    with duckdb.connect() as con:
        # Times without an offset must not depend on this machine.
        con.execute("set timezone = 'UTC'")
        models: dict[Entity, SampledModel] = {}
        for table, sample in sampled_tables(con, name, source, home).items():
            for entity in source.tables[table].provides:
                try:
                    model = run_model(con, templates, name, entity, table, sample)
                except (duckdb.Error, jinja2.TemplateError) as error:
                    yield _not_run(name, table, entity, error)
                else:
                    if model is not None:
                        models[entity] = model
        for model in models.values():
            yield from _model_findings(con, name, model, config)
            yield from diagnose_history(con, model, config)
            yield from diagnose_quantities(con, name, model)
            yield from unmatched(con, name, model, models)


def _not_run(name: str, table: str, entity: Entity, error: Exception) -> Finding:
    # The rest of DuckDB's message quotes values and SQL.
    kind = str(error).splitlines()[0].split(":")[0] if str(error) else type(error).__name__
    return Finding(
        "warning",
        f"{name}.{table}",
        f"stg_{name}__{entity} cannot be run on a sample of rows ({kind})",
        "correct the model, of which holdfast run reports the line",
    )


def _model_findings(
    con: duckdb.DuckDBPyConnection, name: str, model: SampledModel, config: DeploymentConfig
) -> Iterator[Finding]:
    subject = f"{name}.{model.table}"
    losses = [*_rejected(con, model), *_lost(con, model), *_missing(con, model)]
    for loss in losses:
        share = loss.rows / model.rows
        effect = "are rejected" if loss.is_required else "lose it"
        yield Finding(
            _level(share, is_required=loss.is_required),
            subject,
            f"{model.entity}: {loss.column} is {loss.state} in {loss.rows:,} of {model.rows:,}"
            f" sampled rows ({share:.1%}), which {effect}",
            _REMEDIES.get(loss.state, ""),
        )
    yield from _without_rate(con, subject, model, config)
    if not losses:
        yield Finding("ok", subject, f"{model.entity}: {model.rows:,} sampled rows are readable")


def _level(share: float, *, is_required: bool) -> Literal["ok", "warning", "error"]:
    if is_required and share >= _ERROR_SHARE:
        return "error"
    return "warning" if share >= _WARNING_SHARE else "ok"


def _rejected(con: duckdb.DuckDBPyConnection, model: SampledModel) -> list[_Loss]:
    if "_reject_reason" not in model.columns:
        return []
    states = f"unnest(string_split(_reject_reason, {literal(SEPARATOR)}))"
    # Reasons of the model's own rules, which may quote values, have no state.
    return _counted(con, model, states, "_reject_reason is not null", is_required=True)


def _lost(con: duckdb.DuckDBPyConnection, model: SampledModel) -> list[_Loss]:
    if "_lost_fields" not in model.columns:
        return []
    return _counted(con, model, "unnest(_lost_fields)", "_lost_fields is not null")


def _counted(
    con: duckdb.DuckDBPyConnection,
    model: SampledModel,
    states: str,
    condition: str,
    *,
    is_required: bool = False,
) -> list[_Loss]:
    rows = con.execute(
        f"""
        select
            split_part(lost, {literal(STATE)}, 1),
            split_part(lost, {literal(STATE)}, 2),
            count(*)
        from (select {states} as lost from {model.name} where {condition})
        where contains(lost, {literal(STATE)})
        group by all
        order by count(*) desc, 2, 1
        """
    ).fetchall()
    return [
        _Loss(model.source_name(column), state, int(count), is_required)
        for state, column, count in rows
    ]


def _missing(con: duckdb.DuckDBPyConnection, model: SampledModel) -> Iterator[_Loss]:
    """Yield the required columns that are empty in the source, or not selected."""
    if not model.rows:
        return
    unread = "_reject_reason is null" if "_reject_reason" in model.columns else "true"
    for column in sorted(SCHEMAS[model.entity].required):
        if column not in model.columns:
            yield _Loss(column, "missing", model.rows, is_required=True)
            continue
        row = con.execute(
            f"select count(*) from {model.name} where {column} is null and {unread}"
        ).fetchone()
        if row and row[0]:
            yield _Loss(model.source_name(column), "missing", int(row[0]), is_required=True)


def _without_rate(
    con: duckdb.DuckDBPyConnection, subject: str, model: SampledModel, config: DeploymentConfig
) -> Iterator[Finding]:
    """Report the currencies of orders and refunds whose amounts will be unknown."""
    if "currency" not in model.columns or model.entity not in ("orders", "refunds"):
        return
    known = {config.currency, *_rated(getattr(config, "exchange_rates", None))}
    rows = con.execute(
        f"select upper(trim(currency)), count(*) from {model.name}"
        " where trim(currency) != '' group by 1 order by 2 desc, 1"
    ).fetchall()
    others = {str(code): int(count) for code, count in rows if code not in known}
    if not others:
        return
    codes = ", ".join(code for code in others if _CODE.fullmatch(code)) or "unknown codes"
    count = sum(others.values())
    yield Finding(
        "warning",
        subject,
        f"{model.entity}: {count:,} of {model.rows:,} sampled rows ({count / model.rows:.1%}) are"
        f" in a currency without an exchange rate: {codes}",
        "give the rates by exchange_rates in the configuration, or their amounts are unknown",
    )


def _rated(path: Path | None) -> set[str]:
    """Return the currencies that a file of exchange rates has."""
    if path is None or not path.is_file():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {(row.get("currency") or "").strip().upper() for row in csv.DictReader(file)}
