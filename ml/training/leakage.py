"""Features that know the outcome: found before training, named, and refused.

A feature that was written down after the customer left predicts well in every test and is of no
use on the day. Three signs give it away: alone it ranks too well, it is known of leavers only, or
it is not what it was on the day itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import is_text, numbers
from ml.errors import ModelError
from ml.metrics.evaluate import roc_auc
from ml.metrics.intervals import wilson_interval
from ml.schemas import CHURNED, CUSTOMER_ID, feature_names, labels_of

# The best honest feature of the data sets tried reaches 0.75 alone; a churn score written down by
# somebody who knew reaches 0.93.
MAX_SOLO_AUC = 0.90
# Rows of either outcome below which a ranking says nothing.
LEAST_OF_EITHER = 10
# A feature known of this many leavers and of nobody else is not chance.
LEAST_ONLY_LEAVERS = 10
# How much more often than a stayer's value a leaver's may change later: people move, and who leaves
# unsubscribes.
MAX_CHANGED_SHARE = 0.02


@dataclass(frozen=True)
class Leak:
    """A feature, and why it cannot be trusted."""

    feature: str
    why: str


class LeakageError(ModelError):
    """Features know the outcome; the text names each and says why."""

    def __init__(self, leaks: list[Leak]) -> None:
        """Name the features."""
        self.leaks = leaks
        told = "; ".join(f"{leak.feature}: {leak.why}" for leak in leaks)
        super().__init__(
            f"features that know the outcome: {told}. Take them out of the features, or list them "
            "under training.trusted_features if they are known on the day after all."
        )


def find_leaks(
    past: pa.Table,
    holdout: pa.Table,
    *,
    max_solo_auc: float = MAX_SOLO_AUC,
    trusted: frozenset[str] = frozenset(),
) -> list[Leak]:
    """Features that alone rank the holdout too well, or that only leavers have.

    Args:
        past: labelled rows from before the holdout; a text's values are ranked by their churn
            rates here.
        holdout: labelled rows.
        max_solo_auc: the largest ROC AUC, in either direction, that one feature may reach.
        trusted: features that are not looked at.
    """
    leaks = []
    for name in feature_names(holdout):
        if name in trusted:
            continue
        if why := _known_of_leavers_only(past, holdout, name) or _ranks_too_well(
            past, holdout, name, max_solo_auc
        ):
            leaks.append(Leak(name, why))
    return leaks


def changed_after(
    holdout: pa.Table, later: pa.Table, *, trusted: frozenset[str] = frozenset()
) -> list[Leak]:
    """Texts and yes-or-no features that take another value once a customer has left.

    On its own day such a feature is as it was known then. But where the first delivery brought
    years of history at once, the days before it have the later value, which knows the outcome.

    Args:
        holdout: labelled rows, as they were known on their day.
        later: rows of a later day, when the outcomes were known; customers whom only one of the
            tables has, and values that only one of them knows, are left out.
        trusted: features that are not looked at.
    """
    attributes = [
        field.name
        for field in later.schema
        if (is_text(field.type) or pa.types.is_boolean(field.type))
        and field.name in feature_names(holdout)
        and field.name not in trusted
    ]
    joined = holdout.select([CUSTOMER_ID, CHURNED, *attributes]).join(
        later.select([CUSTOMER_ID, *attributes]),
        CUSTOMER_ID,
        join_type="inner",
        right_suffix=" later",
    )
    leaks = []
    for name in attributes:
        changed = pc.not_equal(
            joined[name].cast(pa.string()), joined[f"{name} later"].cast(pa.string())
        )
        if why := _changes_for_leavers(changed, labels_of(joined)):
            leaks.append(Leak(name, why))
    return leaks


def _changes_for_leavers(changed: pa.ChunkedArray, left: NDArray[np.bool_]) -> str | None:
    known = np.asarray(pc.is_valid(changed).to_numpy())
    differs = np.asarray(pc.fill_null(changed, False).to_numpy())
    leavers, stayers = (
        wilson_interval(int(differs[of].sum()), int(of.sum()))
        for of in (known & left, known & ~left)
    )
    # Two 95 % intervals that lie apart: chance does that to one feature in two hundred.
    if not leavers.low > stayers.high + MAX_CHANGED_SHARE:
        return None
    return (
        f"another value is told later of {leavers.estimate:.0%} of those who left and of "
        f"{stayers.estimate:.0%} of those who stayed"
    )


def _known_of_leavers_only(past: pa.Table, holdout: pa.Table, name: str) -> str | None:
    known = np.concatenate([_is_valid(table, name) for table in (past, holdout)])
    left = np.concatenate([labels_of(table) for table in (past, holdout)])
    if known[left].sum() >= LEAST_ONLY_LEAVERS and not known[~left].any() and not left.all():
        return f"known of {int(known.sum())} customers, all of whom left"
    return None


def _ranks_too_well(
    past: pa.Table, holdout: pa.Table, name: str, max_solo_auc: float
) -> str | None:
    labels = labels_of(holdout)
    known = _is_valid(holdout, name)
    judged = labels[known]
    if min(judged.sum(), (~judged).sum()) < LEAST_OF_EITHER:
        return None
    auc = roc_auc(judged, _as_scores(past, holdout, name)[known])
    strength = max(auc, 1 - auc)
    if strength <= max_solo_auc:
        return None
    return f"alone it reaches a ROC AUC of {strength:.3f}, and more than {max_solo_auc} is too good"


def _as_scores(past: pa.Table, holdout: pa.Table, name: str) -> NDArray[np.float64]:
    """Numbers as they are; a text by the churn rate that its value had in the past."""
    values = holdout[name]
    if not is_text(values.type):
        return numbers(values)
    rates = (
        pa.table({"value": past[name].cast(pa.string()), "left": past[CHURNED].cast(pa.float64())})
        .group_by("value")
        .aggregate([("left", "mean")])
    )
    place = pc.index_in(values.cast(pa.string()), value_set=rates["value"].combine_chunks())
    overall = float(np.mean(labels_of(past)))
    found = pc.take(rates["left_mean"].combine_chunks(), place.combine_chunks())
    return np.asarray(pc.fill_null(found, overall).to_numpy(zero_copy_only=False))


def _is_valid(table: pa.Table, name: str) -> NDArray[np.bool_]:
    return np.asarray(pc.is_valid(table[name]).to_numpy())
