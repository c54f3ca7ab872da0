"""Leakage check: features that know the outcome, found before training.

A feature that is recorded after churn predicts well in every evaluation and is useless on the day.
It has one of three signs: its own ROC AUC is too high, only churned customers have a value, or its
value changes after churn. A value that changes after churn is harmless on the dates on which it was
known as it was; before the first dated version it is withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import is_text, numbers
from ml.errors import ModelError
from ml.metrics.intervals import wilson_interval
from ml.metrics.ranking import roc_auc
from ml.schemas import CHURNED, CUSTOMER_ID, SNAPSHOT_DATE, feature_names, labels_of

# Rows of either outcome below which the ROC AUC of a feature is not computed.
LEAST_OF_EITHER = 10
# Churned customers with a value from which a feature without any other value is not chance.
LEAST_ONLY_CHURNED = 10
# Tolerated difference between the shares of churned and retained customers whose value changes
# later: people move, and churned customers unsubscribe.
MAX_CHANGED_SHARE = 0.02


@dataclass(frozen=True)
class Leak:
    """A feature, and the reason why it is taken for leakage."""

    feature: str
    why: str


class LeakageError(ModelError):
    """Features know the outcome; the message names each with the reason."""

    def __init__(self, leaks: list[Leak]) -> None:
        """Write the message of the leaks."""
        self.leaks = leaks
        listed = "; ".join(f"{leak.feature}: {leak.why}" for leak in leaks)
        super().__init__(
            f"features that know the outcome: {listed}. Remove them from the features, or list "
            "them under training.trusted_features if their value is known on the snapshot date."
        )


def find_leaks(
    past: pa.Table,
    holdout: pa.Table,
    max_solo_auc: float,
    trusted: frozenset[str] = frozenset(),
) -> list[Leak]:
    """Features whose own ROC AUC is too high, or that only churned customers have.

    Args:
        past: labelled rows before the holdout; they give the churn rates by which the values of a
            text are ranked.
        holdout: labelled rows.
        max_solo_auc: maximum ROC AUC of one feature, in either direction. On the data sets tried
            the best feature without leakage reaches 0.75, a churn score recorded later 0.93.
        trusted: features that are not checked.
    """
    leaks = []
    for name in feature_names(holdout):
        if name in trusted:
            continue
        if why := _known_of_churned_only(past, holdout, name) or _ranks_too_well(
            past, holdout, name, max_solo_auc
        ):
            leaks.append(Leak(name, why))
    return leaks


def changed_after(
    holdout: pa.Table, later: pa.Table, trusted: frozenset[str] = frozenset()
) -> list[Leak]:
    """Text and boolean features whose value changes after churn.

    A feature of a daily delivery has the value known on its day. If the first delivery contains
    years of history, all earlier days have the later value, which knows the outcome. From the first
    dated version on it does not, so the values before are withheld (`values_withheld_before`).

    Args:
        holdout: labelled rows, with the values of the holdout date.
        later: rows of a later day, when the labels were known. Customers that only one table has,
            and values that only one table knows, are excluded.
        trusted: features that are not checked.
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
        if why := _changes_after_churn(changed, labels_of(joined)):
            leaks.append(Leak(name, why))
    return leaks


def values_withheld_before(examples: pa.Table, features: Sequence[str], day: date) -> pa.Table:
    """Examples in which the features are null on all dates before `day`, for all customers alike.

    Before the first dated version of a source's records, history holds the values of its first
    delivery. Without them a model learns the features from dates on which they were known.
    """
    days = examples[SNAPSHOT_DATE].cast(pa.date32())
    is_dated = pc.greater_equal(days, pa.scalar(day, pa.date32()))
    for name in features:
        known = pc.if_else(is_dated, examples[name], pa.scalar(None, examples[name].type))
        examples = examples.set_column(examples.column_names.index(name), name, known)
    return examples


def _changes_after_churn(changed: pa.ChunkedArray, churned: NDArray[np.bool_]) -> str | None:
    known = np.asarray(pc.is_valid(changed).to_numpy())
    differs = np.asarray(pc.fill_null(changed, False).to_numpy())
    of_churned, of_retained = (
        wilson_interval(int(differs[of].sum()), int(of.sum()))
        for of in (known & churned, known & ~churned)
    )
    # Two disjoint 95 % intervals occur by chance for one feature in two hundred.
    if not of_churned.low > of_retained.high + MAX_CHANGED_SHARE:
        return None
    return (
        f"the value changes later for {of_churned.estimate:.0%} of churned and "
        f"{of_retained.estimate:.0%} of retained customers"
    )


def _known_of_churned_only(past: pa.Table, holdout: pa.Table, name: str) -> str | None:
    known = np.concatenate([_is_valid(table, name) for table in (past, holdout)])
    churned = np.concatenate([labels_of(table) for table in (past, holdout)])
    only_churned = known[churned].sum() >= LEAST_ONLY_CHURNED and not known[~churned].any()
    if only_churned and not churned.all():
        return f"known for {int(known.sum())} customers, all of whom churned"
    return None


def _ranks_too_well(
    past: pa.Table, holdout: pa.Table, name: str, max_solo_auc: float
) -> str | None:
    labels = labels_of(holdout)
    known = _is_valid(holdout, name)
    ranked = labels[known]
    if min(ranked.sum(), (~ranked).sum()) < LEAST_OF_EITHER:
        return None
    auc = roc_auc(ranked, _as_scores(past, holdout, name)[known])
    strength = max(auc, 1 - auc)
    if strength <= max_solo_auc:
        return None
    return f"its own ROC AUC is {strength:.3f}, above the maximum of {max_solo_auc}"


def _as_scores(past: pa.Table, holdout: pa.Table, name: str) -> NDArray[np.float64]:
    """Numbers unchanged, texts as the past churn rate of their value, shape (rows,)."""
    values = holdout[name]
    if not is_text(values.type):
        return numbers(values)
    rates = (
        pa.table(
            {"value": past[name].cast(pa.string()), "churned": past[CHURNED].cast(pa.float64())}
        )
        .group_by("value")
        .aggregate([("churned", "mean")])
    )
    place = pc.index_in(values.cast(pa.string()), value_set=rates["value"].combine_chunks())
    overall = float(np.mean(labels_of(past)))
    found = pc.take(rates["churned_mean"].combine_chunks(), place.combine_chunks())
    return np.asarray(pc.fill_null(found, overall).to_numpy(zero_copy_only=False))


def _is_valid(table: pa.Table, name: str) -> NDArray[np.bool_]:
    return np.asarray(pc.is_valid(table[name]).to_numpy())
