"""Which features hold a day back before it is scored, and how a person lets them pass.

A feature holds back where the model reads it and it lies further than a bound both from the rows
that the model was trained on and from the day four weeks before. The first alone is a company that
changes, which is for retraining to follow; both at once are a delivery that means something else
than it did: amounts in another currency, a column gone empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb

from deployment.errors import HoldfastError
from ml.monitoring.drift import Shift, shifts
from warehouse.drift_tables import (
    accepted_since,
    counts_of,
    earlier_counts_of,
    incomparable_features,
    reference_of,
    version_of,
    weights_of,
)
from warehouse.transaction import transaction

# A share of unknown values that has moved this much is told with the index.
TOLD_NULL_SHARE = 0.05


class DriftError(HoldfastError):
    """A shift cannot be accepted as asked; the text says why and what can be."""


def shifts_of(con: duckdb.DuckDBPyConnection, day: date) -> list[Shift]:
    """How far each feature of a day lies off, furthest first; empty if the day was not counted."""
    version = version_of(con, day)
    if version is None:
        return []
    found = shifts(
        reference_of(con, version), counts_of(con, day, version), earlier_counts_of(con, day)
    )
    return sorted(found, key=lambda shift: (-shift.psi, shift.feature))


def held_back(con: duckdb.DuckDBPyConnection, day: date, bound: float) -> list[Shift]:
    """The features that hold a day back, furthest first, accepted ones left out."""
    return [shift for shift in _sudden(con, day, bound) if shift.feature not in _passed(con, day)]


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


def _passed(con: duckdb.DuckDBPyConnection, day: date) -> set[str]:
    return {feature for feature, since in accepted_since(con, day).items() if since == day}


def why_held_back(day: date, held: Sequence[Shift]) -> str:
    """What holds a day back and what to do, in plain words."""
    features = ", ".join(_told(shift) for shift in held)
    options = " ".join(f"--feature {shift.feature}" for shift in held)
    return (
        f"{day} is held back before scoring: what the model reads is not what it was, neither in "
        f"training nor lately: {features}. Look at the latest deliveries for another currency or "
        "unit, or a column gone empty. If the change is meant: "
        f"holdfast accept-drift --date {day} {options}. To be warned only, set drift: {{on_shift: "
        "warn}."
    )


def _told(shift: Shift) -> str:
    if abs(shift.null_share - shift.reference_null_share) < TOLD_NULL_SHARE:
        return f"{shift.feature} (PSI {shift.psi:.2f})"
    return (
        f"{shift.feature} (PSI {shift.psi:.2f}, unknown of {shift.null_share:.0%}, in training of "
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
    """Let the shift of some features pass from a day on, all of them or none.

    Later days are held against this one, so that the same shift does not hold them back, and a
    further one does.

    Args:
        con: the warehouse.
        day: the day that is held back.
        features: what is accepted.
        bound: the index above which a feature holds back.
        at: when, with a time zone.
        by: who.
        reason: why.

    Raises:
        DriftError: a feature does not hold the day back; names those that do.
    """
    held = {shift.feature: shift for shift in _sudden(con, day, bound)}
    if strangers := [feature for feature in features if feature not in held]:
        those = f"those that do: {', '.join(held)}" if held else "no feature does"
        raise DriftError(f"{', '.join(strangers)}: does not hold {day} back; {those}")
    version = version_of(con, day)
    with transaction(con):
        con.executemany(
            "insert or replace into ops.accepted_drift values (?, ?, ?, ?, ?, ?, ?)",
            [[day, name, version, held[name].psi, at, by, reason] for name in features],
        )
