"""`python -m evaluation`: the champion compared with its peers on public data and planted truth.

`python -m evaluation effects` compares only the measured effects of actions with the planted ones.

Data that are in no package are read from the folders ONLINE_RETAIL_DIR, ONLINE_RETAIL_2011_DIR (the
same log from December 2010 on), RAVENSTACK_DIR, TELCO_DIR and TEXT_LABELS_DIR. A message says which
evaluation is skipped because its variable is not set.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from evaluation import telco
from evaluation.effect_coverage import Share, campaign_effects, effectless_company
from evaluation.email_experiment import email_effects
from evaluation.lead_times import (
    LeadTimes,
    RealisedWarnings,
    two_months_of_a_log,
    two_months_of_warnings,
)
from evaluation.level_tables import show_origins
from evaluation.logs import (
    CDNOW,
    ONLINE_RETAIL,
    ONLINE_RETAIL_21_MONTHS,
    RAVENSTACK,
    PurchaseLog,
    TrainingData,
    link_together,
    training_data,
    write_cdnow,
)
from evaluation.peers import Comparison, compared, reachable_roc_auc
from evaluation.planted import (
    CHRISTMAS_PEOPLE,
    PEOPLE,
    SEEDS,
    christmas_data,
    planted_data,
    planted_figures,
)
from evaluation.reasons import first_reasons
from evaluation.rolling_origins import rolling_origins
from evaluation.texts import MEASURED_TEXTS, text_figures
from ml.training.training_result import TrainingResult

console = Console(width=120)
app = typer.Typer(add_completion=False)
# People of a company whose touches have no effect; its whole pipeline runs.
EFFECTLESS_PEOPLE = 2_000


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Print a table per purchase log and cutoff, lines for Telco and texts, the demo's table."""
    if context.invoked_subcommand is not None:
        return
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        _email_experiment(root)
        write_cdnow(root / "cdnow_log")
        if _is_set("ONLINE_RETAIL_DIR"):
            _log(ONLINE_RETAIL, root)
        _log(CDNOW, root)
        _levels("CDNOW", training_data(CDNOW, CDNOW.cutoffs[-1], root))
        if _is_set("ONLINE_RETAIL_DIR") and _is_set("ONLINE_RETAIL_2011_DIR"):
            first, second = (
                Path(os.environ[name]) for name in ("ONLINE_RETAIL_DIR", "ONLINE_RETAIL_2011_DIR")
            )
            both = link_together(root / "online_retail", first, second)
            os.environ["ONLINE_RETAIL_DIR"] = str(both)
            log = ONLINE_RETAIL_21_MONTHS
            data = training_data(log, log.cutoffs[-1], root)
            _levels(log.name, data)
            _reasons(log.name, data)
            _realised(log.name, two_months_of_a_log(log, root))
        if _is_set("RAVENSTACK_DIR"):
            log = RAVENSTACK
            _levels(log.name, training_data(log, log.cutoffs[-1], root))
    if _is_set("TELCO_DIR"):
        _telco(Path(os.environ["TELCO_DIR"]))
    if _is_set("TEXT_LABELS_DIR"):
        _texts(Path(os.environ["TEXT_LABELS_DIR"]))
    _planted()
    effects()


@app.command()
def effects(
    people: Annotated[int, typer.Option(help="People of a company with effects.")] = PEOPLE,
    seed: Annotated[list[int] | None, typer.Option(help="A seed; repeat it for several.")] = None,
) -> None:
    """Print how often intervals of effects contain the planted ones, by seed of the demo."""
    table = Table(title="Measured effects, cells of action × period", title_justify="left")
    for column in (
        "seed",
        "campaigns covered",
        "simulated periods covered",
        *("120 customers", "400", "1,200"),
        "claims without effect",
        "customers kept without effect",
    ):
        table.add_column(column, justify="right")
    for each in seed or SEEDS:
        with TemporaryDirectory() as scratch:
            campaigns, simulated = campaign_effects(each, people, Path(scratch))
        kept = simulated.kept_without_effect
        table.add_row(
            str(each),
            _share(campaigns.covered),
            _share(simulated.covered),
            *(_share(found) for found in simulated.covered_by_size.values()),
            _share(simulated.claims_without_effect),
            f"{kept.estimate:,.0f} ({kept.low:,.0f} to {kept.high:,.0f})",
        )
    console.print(table)
    for each in seed or SEEDS:
        with TemporaryDirectory() as scratch:
            without = effectless_company(each, EFFECTLESS_PEOPLE, Path(scratch))
        kept, value = without.kept, without.net_value
        console.print(
            f"Demo, seed {each}, {EFFECTLESS_PEOPLE:,} people, no effect, whole pipeline: claims in"
            f" {without.claims.found} of {without.claims.cells} cells; account"
            f" {kept.estimate:,.0f} customers kept ({kept.low:,.0f} to {kept.high:,.0f}), net value"
            f" {value.estimate:,.0f} EUR ({value.low:,.0f} to {value.high:,.0f})"
        )


def _share(share: Share) -> str:
    return f"{share.found / share.cells:.1%} of {share.cells:,}" if share.cells else "–"


def _email_experiment(root: Path) -> None:
    for effect in email_effects(root):
        console.print(
            f"{effect.action_id}: {effect.treated:,} customers visited more often than"
            f" {effect.control:,} without an e-mail, by {effect.uplift:.4f}"
            f" ({effect.low:.4f} to {effect.high:.4f})"
        )


def _log(log: PurchaseLog, root: Path) -> None:
    for cutoff in log.cutoffs:
        result, comparisons = compared(training_data(log, cutoff, root))
        _show(f"{log.name}, cutoff {cutoff}", result, comparisons)


def _show(title: str, result: TrainingResult, comparisons: list[Comparison]) -> None:
    rate, facts = result.metrics["churn_rate"], result.model.facts
    table = Table(
        title=f"{title}: {len(result.holdout):,} customers, churn rate {rate:.1%}",
        title_justify="left",
    )
    for column in (
        "",
        "ROC AUC",
        "reachable",
        "log loss",
        "AUC, champion minus peer",
        "log loss, the same",
        "",
    ):
        table.add_column(column)
    metrics = result.metrics
    kind = f"champion: {result.model.kind}, {facts.rounds} trees of depth {facts.max_depth}"
    own = _figure(reachable_roc_auc(result, result.holdout_probabilities))
    table.add_row(kind, f"{metrics['roc_auc']:.4f}", own, f"{metrics['log_loss']:.4f}", "", "", "")
    for one in comparisons:
        auc, loss = one.auc_difference, one.loss_difference
        verdict = "better" if one.is_better else "no worse" if one.is_no_worse else "WORSE"
        table.add_row(
            one.peer,
            f"{one.roc_auc:.4f}",
            _figure(one.reachable_roc_auc),
            f"{one.log_loss:.4f}",
            f"{auc.estimate:+.4f} ({auc.low:+.4f} to {auc.high:+.4f})",
            f"{loss.estimate:+.4f} ({loss.low:+.4f} to {loss.high:+.4f})",
            verdict,
        )
    console.print(table)


def _levels(name: str, data: TrainingData) -> None:
    """Each date that could be scored, as it was scored on the day."""
    show_origins(console, name, list(rolling_origins(data)), data.settings)


def _reasons(name: str, data: TrainingData) -> None:
    """A line on the first reasons of a later date, with and without the measured evidence."""
    for found in first_reasons(data):
        console.print(
            f"{name}, {found.day}, {'measured' if found.is_measured else 'all'} reasons: given to "
            f"{found.given_share:.1%} of {found.customers:,} customers, of which "
            f"{found.separating_share:.1%} separate; cause unknown for {found.unknown_cause:.1%}"
        )


def _warnings(name: str, found: LeadTimes) -> None:
    """A line on the planted departures of two months, and the warnings shown before them."""
    limit, lead = _days(found.median_days_to_limit), _days(found.median_lead_days)
    console.print(
        f"{name}, warnings of two months: {found.shown_a_day:.1f} customers a day, "
        f"{found.reachable_share:.1%} reachable (median {limit} before the own limit when first "
        f"shown); of {found.departures} planted departures "
        f"{found.shown_share:.1%} were shown while reachable, {found.before_share:.1%} before the "
        f"planted day (median {lead}); of {found.shown_customers} customers shown "
        f"{found.precision:.1%} depart, of all reachable {found.base_rate:.1%}"
    )


def _realised(name: str, found: RealisedWarnings) -> None:
    """A line on the warnings of two months of a log, and on what the customers did next."""
    if found.precision is None or found.reachable_share is None:
        console.print(f"{name}, warnings of two months: no customer was listed")
        return
    console.print(
        f"{name}, warnings of two months: {found.shown_a_day:.1f} customers a day, "
        f"{found.reachable_share:.1%} reachable (median {_days(found.median_days_to_limit)} before "
        f"the own limit when first shown); of {found.shown_customers} customers shown "
        f"{found.precision:.1%} churned, of all reachable {found.base_rate:.1%}"
    )


def _days(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} days"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _telco(folder: Path) -> None:
    known = telco.customers(folder)
    results = telco.folds(known)
    auc, lift = (
        float(np.mean([result.metrics[name] for result in results]))
        for name in ("roc_auc", "top_decile_lift")
    )
    console.print(f"Telco, 19 columns, five folds: ROC AUC {auc:.4f}, top-decile lift {lift:.3f}")
    found = ", ".join(sorted(telco.refused(telco.with_planted(known, folder)))) or "nothing"
    console.print(f"Telco, with planted columns: the leakage check refuses {found}")


def _texts(folder: Path) -> None:
    for found in text_figures(folder):
        console.print(
            f"Texts, {found.collection}: learned from {found.learned:,}, on {found.held_out:,} "
            f"others accuracy {found.accuracy:.4f}, macro-F1 {found.macro_f1:.4f}; "
            f"{MEASURED_TEXTS:,} scored in {found.seconds:.1f} s"
        )


def _planted() -> None:
    table = Table(title=f"The demo company, {PEOPLE:,} people", title_justify="left")
    columns = ("seed", "customers", "predicted ÷ observed", "high", "medium", "low")
    value_columns = ("value ÷ net revenue", "rank correlation", "main causes", "of them true")
    for column in (*columns, *value_columns):
        table.add_column(column, justify="right")
    for seed in SEEDS:
        with TemporaryDirectory() as scratch:
            found = planted_figures(seed, Path(scratch))
            data = planted_data(Path(scratch))
            _levels(f"Demo, seed {seed}", data)
            _reasons(f"Demo, seed {seed}", data)
            _warnings(f"Demo, seed {seed}", two_months_of_warnings(Path(scratch)))
        table.add_row(
            str(seed),
            f"{found.customers:,}",
            f"{found.predicted_to_actual:.3f}",
            *(f"{1 / tier.ratio:.3f}" for tier in found.tiers),
            f"{found.value_ratio:.3f}",
            f"{found.value_rank_correlation:.3f}",
            f"{len(found.named)} of {len(found.causes)}",
            f"{found.named_right:.1%}",
        )
    console.print(table)
    with TemporaryDirectory() as scratch:
        name = f"Demo with Christmas, {CHRISTMAS_PEOPLE:,} people"
        _levels(name, christmas_data(SEEDS[0], Path(scratch)))


def _is_set(variable: str) -> bool:
    if os.environ.get(variable):
        return True
    console.print(f"{variable} is not set: its evaluation is skipped")
    return False


if __name__ == "__main__":
    app()
