"""Display of a published day in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.summary.actions import account_sentence, actions_sentence, actions_table
from cli.summary.attrition import attrition_sentence
from cli.summary.day_summary import DaySummary
from cli.summary.outlook import outlook_sentence, shown_probability
from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.training.recorded_metrics import Refusal

_FIGURES = {
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "brier": "Brier",
    "top_decile_lift": "lift, top decile",
    "reachable_roc_auc": "ROC AUC, reachable",
}
# States of contracts that ask for an action of their own (customer_segments_daily).
_CONTRACT_STATES = {
    "past_due": "with an overdue payment",
    "pause_overdue": "paused beyond the resume date",
    "paused": "paused",
    "trial": "on trial",
}


def show_summary(
    console: Console,
    summary: DaySummary,
    metrics: Mapping[str, float],
    config: DeploymentConfig,
    home: Home,
    refusal: Refusal | None = None,
    learners: str | None = None,
) -> None:
    """Print a day.

    Args:
        console: the terminal.
        summary: the day's figures.
        metrics: of the model on its holdout (`roc_auc`) and of baselines (`recency.roc_auc`);
            `trees` is 0 for a base-rate model.
        config: the deployment, for its name and currency.
        home: for the path of the published file.
        refusal: the latest trained model, if it was not promoted.
        learners: which uplift learners are in use, refused or lack history, if any was trained.
    """
    console.rule(f"{config.company}, {summary.day}")
    _print_deliveries(console, summary, config)
    _print_customers(console, summary, config)
    if learners:
        console.print(f"Learners      {escape(learners)}", highlight=False, soft_wrap=True)
    if metrics.get("trees") == 0:
        console.print(
            "Model         the base rate: no trained model was better, so every customer has the "
            f"churn probability {metrics['mean_predicted']:.1%}",
            soft_wrap=True,
        )
    if refusal:
        console.print(
            f"[bold red]Not promoted[/]  model {refusal.version}, trained as of {refusal.as_of};"
            f" model {summary.model_version} stays in use. {escape(refusal.reasons)}",
            highlight=False,
            soft_wrap=True,
        )
    if metrics:
        console.print(_model_table(metrics, summary.model_version))
    if {"mean_predicted", "churn_rate"} <= metrics.keys():
        console.print(
            f"Holdout       {metrics['mean_predicted']:.1%} predicted to churn on average,"
            f" {metrics['churn_rate']:.1%} churned",
            highlight=False,
        )
    if summary.actions and summary.actions.list:
        console.print(actions_table(summary.actions, config.currency))
    elif summary.riskiest:
        console.print(_customer_table(summary, config))
    console.print(f"Published     {home.published}", soft_wrap=True)
    if home.brief.exists():
        console.print(f"Brief         {home.brief}", soft_wrap=True)
    console.print("More          holdfast ui  (runs, checks and plots; models and model cards)")


def _print_deliveries(console: Console, summary: DaySummary, config: DeploymentConfig) -> None:
    rows = ", ".join(
        f"{source} {delivered:,} ({rejected:,} rejected)"
        for source, delivered, rejected in summary.deliveries
    )
    console.print(f"Rows loaded   {rows}", highlight=False)
    for source, orders, currencies in summary.unknown_amounts:
        console.print(
            f"[bold red]No rate[/]       {source}: {orders:,} orders count with an unknown amount"
            f" ({escape(currencies)}); see exchange_rates in docs/money.md",
            highlight=False,
            soft_wrap=True,
        )
    for source, refunds in summary.suspect_refunds:
        console.print(
            f"[bold red]Refunds[/]       {source}: {refunds:,} beyond their order or of an unknown"
            " order; see amount_issue in marts.fct_orders",
            highlight=False,
            soft_wrap=True,
        )
    for source, table, inferred, named in summary.inferred:
        if inferred > config.identity.max_inferred_share * named:
            console.print(
                f"[bold red]Unmatched[/]     {source} {table}: {inferred:,} of {named:,} customers"
                f" ({inferred / named:.1%}) are in no customer table of {source}",
                highlight=False,
                soft_wrap=True,
            )
    for source, reason, delivered_on in summary.stale:
        last = f"; its latest delivery is of {delivered_on}" if delivered_on else ""
        console.print(
            f"[bold red]Stale[/]         {source} {escape(reason)}{last}",
            highlight=False,
            soft_wrap=True,
        )


def _print_customers(console: Console, summary: DaySummary, config: DeploymentConfig) -> None:
    console.print(f"Customers     {summary.customers:,}, of whom {summary.eligible:,} are eligible")
    console.print(
        f"High risk     [bold]{summary.high_risk:,}[/] customers;"
        f" value at risk of all eligible customers {summary.value_at_risk:,.0f} {config.currency}"
    )
    if summary.outlook:
        console.print(
            f"To churn      {outlook_sentence(summary.outlook)}", highlight=False, soft_wrap=True
        )
    if summary.warned:
        console.print(
            f"Warnings      {summary.warned:,} customers who can still be reached,"
            f" {summary.newly_warned:,} of them new on the list",
            highlight=False,
            soft_wrap=True,
        )
    _print_actions(console, summary, config)
    gone, gone_value = summary.long_gone
    if gone:
        console.print(
            f"Long gone     {gone:,} eligible customers, value at risk {gone_value:,.0f}"
            f" {config.currency}: for win-back, lifecycle_status dormant",
            highlight=False,
            soft_wrap=True,
        )
    if summary.contracts:
        states = ", ".join(
            f"{customers:,} {_CONTRACT_STATES[state]}" for state, customers in summary.contracts
        )
        console.print(f"Contracts     {states}", highlight=False)
    for evidence in summary.alarms:
        console.print(
            f"[bold red]Unusual[/]       {escape(evidence)}", highlight=False, soft_wrap=True
        )
    if summary.attrition:
        console.print(
            f"Attrition     {attrition_sentence(summary.attrition, config.churn.kind)}",
            highlight=False,
            soft_wrap=True,
        )


def _print_actions(console: Console, summary: DaySummary, config: DeploymentConfig) -> None:
    actions = summary.actions
    if actions:
        console.print(
            f"Actions       {actions_sentence(actions, config.currency)}",
            highlight=False,
            soft_wrap=True,
        )
        if actions.beyond_reach is not None:
            console.print(
                f"Beyond reach  {actions.beyond_reach:.0%} of the value at risk: customers who are"
                " overdue by their own interval",
                highlight=False,
                soft_wrap=True,
            )
    if summary.account:
        console.print(
            f"Account       {account_sentence(summary.account, config.currency)}",
            highlight=False,
            soft_wrap=True,
        )


def _model_table(metrics: Mapping[str, float], version: str | None) -> Table:
    table = Table(title=f"Model {version} on its holdout", title_justify="left")
    table.add_column("")
    for title in _FIGURES.values():
        table.add_column(title, justify="right")
    names = dict.fromkeys(["", *(key.rpartition(".")[0] for key in metrics)])
    for name in names:
        values = [metrics.get(f"{name}.{figure}".lstrip(".")) for figure in _FIGURES]
        table.add_row(
            name or "[bold]model[/]",
            *("–" if value is None else f"{value:.3f}" for value in values),
        )
    return table


def _customer_table(summary: DaySummary, config: DeploymentConfig) -> Table:
    table = Table(
        title="Customers with the most value at risk who can still be reached", title_justify="left"
    )
    table.add_column("customer", no_wrap=True)
    table.add_column("churn probability", justify="right")
    table.add_column(f"value at risk, {config.currency}", justify="right")
    table.add_column("reasons")
    for customer_id, probability, value, reasons in summary.riskiest:
        table.add_row(customer_id, shown_probability(probability), f"{value:,.0f}", reasons)
    return table
