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
from ml.evaluate import roc_auc
from ml.schemas import CHURNED, KEYS, feature_names, labels_of

# The best honest feature of the data sets tried reaches 0.75 alone; a churn score written down by
# somebody who knew reaches 0.93.
MAX_SOLO_AUC = 0.90
# Rows of either outcome below which a ranking says nothing.
LEAST_OF_EITHER = 10
# A feature known of this many leavers and of nobody else is not chance.
LEAST_ONLY_LEAVERS = 10
MAX_CHANGED_SHARE = 0.02


@dataclass(frozen=True)
class Leak:
    """A feature, and why it cannot be trusted."""

    feature: str
    why: str


class LeakageError(ValueError):
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


def changed_since(then: pa.Table, now: pa.Table) -> list[Leak]:
    """Features whose past values are no longer what they were on the day.

    Args:
        then: features as they were written on their dates.
        now: the same customers and dates, computed anew; rows that only one has are left out.
    """
    names = [name for name in feature_names(then) if name in now.column_names]
    keys = list(KEYS)
    joined = now.select([*keys, *names]).join(
        then.select([*keys, *names]), keys, join_type="inner", right_suffix=" then"
    )
    leaks = []
    for name in names:
        same = pc.fill_null(pc.equal(joined[name], joined[f"{name} then"]), False)
        both_null = pc.and_(pc.is_null(joined[name]), pc.is_null(joined[f"{name} then"]))
        unchanged = pc.or_(same, both_null).combine_chunks().to_numpy(zero_copy_only=False)
        changed = 1 - float(np.mean(unchanged)) if len(unchanged) else 0.0
        if changed > MAX_CHANGED_SHARE:
            leaks.append(Leak(name, f"{changed:.0%} of its past values were others on the day"))
    return leaks


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
