"""Behaviour groups: clusters of customers, named by the measures in which they differ most.

The clusters are fitted with each training and kept until the next, so that a customer's group
changes only if the behaviour does. `customer_segments_daily` assigns customers in SQL from the same
centres.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from ml.columns import is_known, numbers
from ml.sampling import sample_customers
from ml.schemas import BEHAVIOUR_GROUPS, CUSTOMER_ID


class Measure(NamedTuple):
    """Words of a measure for low and for high values.

    `is_count` is true if an unknown value means zero.
    """

    little: str
    much: str
    is_count: bool = False


# Measures of the clustering, the same as `behaviour_measures` in dbt_project/macros/segments.sql.
# Of correlated measures, such as sessions and product views, only one is used, because each measure
# has the same weight.
MEASURES = {
    "orders_365d": Measure("rare_buyers", "frequent_buyers", is_count=True),
    "average_order_value_365d": Measure("small_orders", "big_orders"),
    "units_per_order_365d": Measure("few_items", "many_items"),
    "categories_365d": Measure("few_categories", "many_categories"),
    "discount_share_365d": Measure("full_price", "discounts"),
    "refund_share_365d": Measure("few_returns", "returns"),
    "sessions_90d": Measure("few_visits", "many_visits", is_count=True),
    "cart_adds_90d": Measure("few_carts", "many_carts", is_count=True),
    "email_opens_90d": Measure("few_emails", "many_emails", is_count=True),
    "feature_uses_90d": Measure("light_use", "heavy_use", is_count=True),
    "active_subscriptions": Measure("few_contracts", "many_contracts", is_count=True),
    "monthly_amount": Measure("low_fees", "high_fees"),
}
GROUPS = range(3, 7)
# With fewer customers the smallest groups have only a few members.
LEAST_CUSTOMERS = 100
# The standard error of a centre with so many customers is about 1 % of the spread.
MAX_CUSTOMERS = 20_000
# The silhouette takes time quadratic in this number.
MAX_SILHOUETTE_CUSTOMERS = 2_000
SAMPLE_SALT = 909
# Standardised values are clipped, so that an outlier does not form a cluster of its own.
FURTHEST = 3.0
# Distance of a centre from the mean, in standard deviations, from which a measure is in the name.
TELLING = 0.4
LONGEST_NAME = 3
# Root mean square distance of centres, in standard deviations, up to which a group keeps its name.
SAME_GROUP = 0.5
EVERYBODY = "average"

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class BehaviourGroups:
    """Cluster centres and the standardisation of the measures.

    `location`, `scale` and `unknown` have shape (measures,), `centres` (groups, measures). A
    measure x becomes (ln(1 + x) − location) / scale, clipped to ±3, or (unknown − location) / scale
    if x is unknown. The group of a customer is the nearest centre. `shares` are the shares of
    customers by group, `silhouette` is the mean silhouette of a sample.
    """

    measures: tuple[str, ...]
    location: Matrix
    scale: Matrix
    unknown: Matrix
    names: tuple[str, ...]
    centres: Matrix
    shares: Matrix
    silhouette: float

    def assign(self, features: pa.Table) -> list[str]:
        """Group of each row of the features, as in SQL."""
        distances = _distances(self.standardised(features), self.centres)
        return [self.names[group] for group in distances.argmin(axis=1)]

    def standardised(self, features: pa.Table) -> Matrix:
        """Standardised measures, shape (rows, measures)."""
        logs = _logarithms(features, self.measures)
        known = np.where(np.isnan(logs), self.unknown, logs)
        return _standardised(known, self.location, self.scale)

    def rows(self) -> pa.Table:
        """One row per group and measure, as `BEHAVIOUR_GROUPS`, for the assignment in SQL."""
        return pa.Table.from_pylist(
            [
                {
                    "behaviour_group": name,
                    "measure": measure,
                    "location": float(self.location[j]),
                    "scale": float(self.scale[j]),
                    "unknown": float(self.unknown[j]),
                    "centre": float(self.centres[i, j]),
                    "share": float(self.shares[i]),
                }
                for i, name in enumerate(self.names)
                for j, measure in enumerate(self.measures)
            ],
            schema=BEHAVIOUR_GROUPS,
        )


def fit_groups(
    features: pa.Table, seed: int, before: pa.Table | None = None
) -> BehaviourGroups | None:
    """Cluster customers and name the clusters; the same rows give the same groups.

    k-means on standardised logarithms, for the number of groups from three to six with the greatest
    mean silhouette (Rousseeuw: Silhouettes, Journal of Computational and Applied Mathematics 20,
    1987).

    Args:
        features: one row per customer with recent behaviour, with any of `MEASURES`.
        seed: of the clustering.
        before: `rows()` of the groups in use; a group close to an earlier one keeps its name.

    Returns:
        None with fewer than 100 customers or without a measure that varies.
    """
    sample = sample_customers(features, MAX_CUSTOMERS, SAMPLE_SALT).sort_by(CUSTOMER_ID)
    measures = tuple(name for name in MEASURES if is_known(sample, name))
    if len(sample) < LEAST_CUSTOMERS or not measures:
        return None
    logs = _logarithms(sample, measures)
    unknown = np.where(
        [MEASURES[name].is_count for name in measures], 0.0, np.nanmean(logs, axis=0)
    )
    known = np.where(np.isnan(logs), unknown, logs)
    differs = known.std(axis=0) > 1e-9
    if not differs.any():
        return None
    measures = tuple(np.array(measures)[differs])
    known, unknown = known[:, differs], unknown[differs]
    location, scale = known.mean(axis=0).round(6), known.std(axis=0).round(6)
    points = _standardised(known, location, scale)
    centres, silhouette = _clusters(points, seed)
    members = np.bincount(_distances(points, centres).argmin(axis=1), minlength=len(centres))
    order = np.argsort(-members, kind="stable")
    centres, shares = centres[order], members[order] / len(points)
    kept = _kept_names(centres, measures, location, scale, before)
    return BehaviourGroups(
        measures=measures,
        location=location,
        scale=scale,
        unknown=unknown.round(6),
        names=_names(centres, measures, kept),
        centres=centres,
        shares=shares,
        silhouette=silhouette,
    )


def _clusters(points: Matrix, seed: int) -> tuple[Matrix, float]:
    """Centres of the clustering with the greatest silhouette, and its silhouette.

    Both are rounded, because threads add in any order, which changes the last digits.
    """
    sample = points[:MAX_SILHOUETTE_CUSTOMERS]
    best: tuple[Matrix, float] | None = None
    for count in GROUPS:
        centres = KMeans(count, n_init=3, random_state=seed).fit(points).cluster_centers_.round(6)
        labels = _distances(sample, centres).argmin(axis=1)
        if len(set(labels)) < 2:
            continue
        silhouette = round(float(silhouette_score(sample, labels)), 6)
        if best is None or silhouette > best[1]:
            best = centres, silhouette
    return best or (np.zeros((1, points.shape[1])), math.nan)


def _kept_names(
    centres: Matrix,
    measures: Sequence[str],
    location: Matrix,
    scale: Matrix,
    before: pa.Table | None,
) -> dict[int, str]:
    """Names of earlier groups by the position of the group that continues each.

    Groups are matched by the minimum sum of distances; a match above `SAME_GROUP` is dropped.
    """
    if before is None or len(before) == 0:
        return {}
    shared = [name for name in measures if name in before["measure"].to_pylist()]
    if not shared:
        return {}
    here = [measures.index(name) for name in shared]
    earlier = {
        (row["behaviour_group"], row["measure"]): row["centre"] * row["scale"] + row["location"]
        for row in before.to_pylist()
    }
    names = sorted({name for name, _ in earlier})
    known = np.array([[earlier[name, measure] for measure in shared] for name in names])
    moved = (known - location[here]) / scale[here]
    apart = np.sqrt(_distances(centres[:, here], moved) / len(shared))
    pairs = zip(*linear_sum_assignment(apart), strict=True)
    return {int(i): names[j] for i, j in pairs if apart[i, j] <= SAME_GROUP}


def _names(centres: Matrix, measures: Sequence[str], kept: dict[int, str]) -> tuple[str, ...]:
    """A unique name for each group: the name kept, or the first candidate not taken."""
    taken = set(kept.values())
    names = []
    for position, centre in enumerate(centres):
        name = kept.get(position) or next(
            n for n in _candidates(centre, measures) if n not in taken
        )
        taken.add(name)
        names.append(name)
    return tuple(names)


def _candidates(centre: Matrix, measures: Sequence[str]) -> Iterator[str]:
    """Candidate names of a group: the two measures with the greatest deviation, then others."""
    furthest = np.argsort(-np.abs(centre), kind="stable")
    meanings = [MEASURES[measures[j]] for j in furthest]
    words = [
        meaning.much if centre[j] > 0 else meaning.little
        for meaning, j in zip(meanings, furthest, strict=True)
    ]
    telling = [word for word, j in zip(words, furthest, strict=True) if abs(centre[j]) >= TELLING]
    if not telling:
        yield EVERYBODY
    yield "_and_".join(telling[:2] or words[:1])
    for length in range(1, LONGEST_NAME + 1):
        yield from ("_and_".join(chosen) for chosen in combinations(words, length))
    number = 2
    while True:
        yield f"{words[0]}_{number}"
        number += 1


def _logarithms(features: pa.Table, measures: Sequence[str]) -> Matrix:
    """ln(1 + x) of the measures, NaN where unknown; a negative value counts as zero."""
    columns = [
        numbers(features[name]) if is_known(features, name) else np.full(len(features), np.nan)
        for name in measures
    ]
    return np.asarray(np.log1p(np.maximum(np.column_stack(columns), 0.0)))


def _standardised(known: Matrix, location: Matrix, scale: Matrix) -> Matrix:
    return np.asarray(np.clip((known - location) / scale, -FURTHEST, FURTHEST))


def _distances(points: Matrix, centres: Matrix) -> Matrix:
    """Squared distances, shape (points, centres)."""
    return np.asarray(((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
