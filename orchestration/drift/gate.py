"""Drift gate: the features whose drift blocks publication, and a person's acceptance of them.

A feature blocks if it has weight in the model and its population stability index exceeds a bound
against both the training rows and the day four weeks before. Drift from the training alone is a
gradual change, which retraining follows. Drift from both is a changed delivery, such as amounts in
another currency or an empty column.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb

from deployment.errors import HoldfastError
from ml.monitoring.drift import Shift, shifts
from warehouse.ml_tables.drift_tables import (
    accepted_since,
    counts_of,
    earlier_counts_of,
    incomparable_features,
    reference_of,
    version_of,
    weights_of,
)
from warehouse.transaction import transaction

# A change in the share of unknown values from which it is reported with the index.
REPORTED_NULL_SHARE = 0.05


class DriftError(HoldfastError):
    """A drift cannot be accepted; the text names the features that block."""


def shifts_of(con: duckdb.DuckDBPyConnection, day: date) -> list[Shift]:
    """Shifts of a day's features, largest index first; empty if the day was not counted."""
    version = version_of(con, day)
    if version is None:
        return []
    found = shifts(
        reference_of(con, version), counts_of(con, day, version), earlier_counts_of(con, day)
    )
    return sorted(found, key=lambda shift: (-shift.psi, shift.feature))


def blocking_shifts(con: duckdb.DuckDBPyConnection, day: date, bound: float) -> list[Shift]:
    """Shifts that block a day's publication, largest index first, without accepted ones."""
    accepted = _accepted_on(con, day)
    return [shift for shift in _sudden(con, day, bound) if shift.feature not in accepted]


def _sudden(con: duckdb.DuckDBPyConnection, day: date, bound: float) -> list[Shift]:
    version = version_of(con, day)
    weights = {} if version is None else weights_of(con, version)
    incomparable = incomparable_features(con)
    return [
        shift
        for shift in shifts_of(con, day)
        if shift.is_sudden(bound)
        and weights.get(shift.feature, 0.0) > 0
        and shift.feature not in incomparable
    ]


def _accepted_on(con: duckdb.DuckDBPyConnection, day: date) -> set[str]:
    return {feature for feature, since in accepted_since(con, day).items() if since == day}


def blocking_message(day: date, blocking: Sequence[Shift]) -> str:
    """The features that block a day, and what to do about them."""
    features = ", ".join(_described(shift) for shift in blocking)
    options = " ".join(f"--feature {shift.feature}" for shift in blocking)
    return (
        f"{day}: publication is blocked before scoring: features have drifted both from the "
        f"model's training and from the day four weeks before: {features}. Look at the latest "
        "deliveries for another currency or unit, or an empty column. If the change is intended: "
        f"holdfast accept-drift --date {day} {options}. To be warned only, set drift: {{on_shift: "
        "warn}."
    )


def _described(shift: Shift) -> str:
    if abs(shift.null_share - shift.reference_null_share) < REPORTED_NULL_SHARE:
        return f"{shift.feature} (PSI {shift.psi:.2f})"
    return (
        f"{shift.feature} (PSI {shift.psi:.2f}, {shift.null_share:.0%} unknown, in training "
        f"{shift.reference_null_share:.0%})"
    )


def accept(
    con: duckdb.DuckDBPyConnection,
    day: date,
    features: Sequence[str],
    *,
    bound: float,
    at: datetime,
    by: str,
    reason: str | None = None,
) -> None:
    """Accept the drift of some features from a day on, all of them or none.

    Later days are compared with this one, so that the accepted drift blocks none of them, and a
    further drift does.

    Args:
        con: the warehouse.
        day: the day whose publication is blocked.
        features: the features.
        bound: the index above which a feature blocks.
        at: time of acceptance, with a time zone.
        by: the person who accepts.
        reason: the person's reason.

    Raises:
        DriftError: a feature does not block the day; the text names those that do.
    """
    blocking = {shift.feature: shift for shift in _sudden(con, day, bound)}
    if others := [feature for feature in features if feature not in blocking]:
        names = f"features that do: {', '.join(blocking)}" if blocking else "no feature does"
        raise DriftError(f"{', '.join(others)}: does not block {day}; {names}")
    version = version_of(con, day)
    with transaction(con):
        con.executemany(
            "insert or replace into ops.accepted_drift values (?, ?, ?, ?, ?, ?, ?)",
            [[day, name, version, blocking[name].psi, at, by, reason] for name in features],
        )
