"""Erasure of a person: the command's work, and what it found and deleted, printed to the terminal.

No value of the person is printed: tables, files and numbers of rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from getpass import getuser

from rich.console import Console
from rich.markup import escape

from deployment.config import DeploymentConfig, today_in
from deployment.home import Home
from erasure.erase import ErasureReport, erase, plan_erasure, report_of
from erasure.errors import ErasureError, NobodyError
from erasure.redeliveries import finish_files
from erasure.request import pending_plan


def erase_person(
    console: Console,
    config: DeploymentConfig,
    home: Home,
    customers: Sequence[str],
    emails: Sequence[str],
    *,
    is_dry: bool,
) -> None:
    """Finish an interrupted erasure, or erase a person; print what was deleted and what is left.

    Raises:
        NobodyError: nothing in the home has an id or an address.
        ErasureError: nobody is named, or an address belongs to several customers.
    """
    if not is_dry:
        finish_files(config, home)
    pending = pending_plan(home)
    if pending is not None and not is_dry:
        console.print("An erasure was interrupted; it is finished first.")
        _show(console, erase(config, home, pending, datetime.now(UTC)), is_dry=False)
    if not customers and not emails:
        if pending is not None:
            return
        raise ErasureError("name the person: --customer with an id, or --email with an address")
    today = today_in(config.time_zone)
    try:
        plan = plan_erasure(config, home, customers, emails, today, getuser())
    except NobodyError:
        if pending is None or is_dry:
            raise
        console.print("Now nobody has this id or address.")
        return
    if is_dry:
        _show(console, report_of(config, home, plan), is_dry=True)
    else:
        _show(console, erase(config, home, plan, datetime.now(UTC)), is_dry=False)


def _show(console: Console, report: ErasureReport, *, is_dry: bool) -> None:
    lines = list(_lines(report, is_dry=is_dry))
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _lines(report: ErasureReport, *, is_dry: bool) -> list[str]:
    """The report as text."""
    lines = ["Would erase:" if is_dry else "Erased:"]
    for place, counts in {**report.counts, "deliveries in the home": report.files}.items():
        lines += [f"  {place}", *(f"    {label:<50} {rows:>7,}" for label, rows in counts.items())]
        if not counts:
            lines.append("    nothing")
    if report.shared_keys:
        lines.append(
            f"{report.shared_keys} addresses or numbers are not the person's alone, and stay."
        )
    if report.models:
        named = ", ".join(f"{each.model} {each.version} of {each.as_of}" for each in report.models)
        lines.append(
            f"Trained while the person was known: {named}. A model keeps no row of anybody; the"
            " next training, or holdfast train, fits a model without the person."
        )
    for problem in report.unfinished:
        lines.append(f"To be settled: {problem}")
    for fault in report.unsearched:
        lines.append(f"Not searched: {fault}")
    if not is_dry:
        left = report.remains.counts
        lines.append(
            "Nothing else in the home has the person's addresses, numbers, name or texts"
            f"{', except those that another customer has too' if report.shared_keys else ''}."
            if not left
            else "Still mentioned, by others: "
            + ", ".join(f"{where} ({number})" for where, number in left.items())
        )
    return lines
