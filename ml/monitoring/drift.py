"""Feature drift: the population stability index (PSI) of a day against the training rows.

The PSI is the symmetric Kullback-Leibler divergence of two histograms (Siddiqi: Credit Risk
Scorecards, 2006), over bins that are fixed with the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.monitoring.feature_bins import FeatureBins
from ml.schemas import CUSTOMER_ID, SNAPSHOT_DATE, require_columns

# Name of the score among the features of a reference.
SCORE = "churn_probability"
# Added to each bin, so that an empty bin gives a finite index (Jeffreys' prior of a multinomial).
PRIOR = 0.5
# Standard normal quantile of 99.9 %: of a hundred features without drift, one exceeds it by
# sampling noise in ten days.
NOISE_Z = 3.090232

REFERENCE = pa.schema(
    [
        ("feature", pa.string()),
        ("bin", pa.int32()),
        ("kind", pa.string()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("category", pa.string()),
        ("share", pa.float64()),
        ("sample_size", pa.int64()),
        ("first_date", pa.date32()),
        ("last_date", pa.date32()),
    ]
)
COUNTS = pa.schema([("feature", pa.string()), ("bin", pa.int32()), ("customers", pa.int64())])

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """PSI of a feature of a day against the training rows and against an earlier day.

    `chance` is the 99.9 % quantile of the PSI by sampling noise alone. The figures of the earlier
    day are None without such a day.
    """

    feature: str
    psi: float
    chance: float
    earlier_psi: float | None
    earlier_chance: float | None
    null_share: float
    reference_null_share: float

    def is_sudden(self, bound: float) -> bool:
        """Return whether PSI minus noise quantile exceeds the bound for both references."""
        if self.earlier_psi is None or self.earlier_chance is None:
            return False
        return min(self.psi - self.chance, self.earlier_psi - self.earlier_chance) > bound


def reference(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Distribution of features in the rows that a model was trained on.

    Numbers are binned at the deciles of their known values, with open bins at both ends; a value
    with many ties has one bin. Booleans and texts have a bin for each of their most frequent values
    and one for all others. Unknown values have a bin of their own.

    Args:
        table: the rows, with `snapshot_date` and `customer_id`.
        names: the columns to describe.

    Returns:
        A table of `REFERENCE`, one row per bin, `bin` from 0 within a feature. `kind` is `range`
        (`lower` < value ≤ `upper`, null for an open end), `value` (`category`), `other` or
        `unknown`. `share` sums to 1 within a feature. `sample_size` is the number of distinct
        customers, which determines the sampling error: rows of one customer on several dates are
        highly correlated.

    Raises:
        SchemaError: a column is missing.
    """
    require_columns(table, [CUSTOMER_ID, SNAPSHOT_DATE, *names], "the training rows")
    dates = pc.min_max(table[SNAPSHOT_DATE].cast(pa.date32())).as_py()
    sample_size = pc.count_distinct(table[CUSTOMER_ID]).as_py()
    parts = [REFERENCE.empty_table()]
    for name in names:
        bins = FeatureBins.fit(table[name])
        columns = {
            "feature": [name] * len(bins),
            "bin": range(len(bins)),
            "kind": bins.kinds,
            "lower": bins.lowers,
            "upper": bins.uppers,
            "category": bins.categories,
            "share": bins.count(table[name]) / max(len(table), 1),
            "sample_size": [sample_size] * len(bins),
            "first_date": [dates["min"]] * len(bins),
            "last_date": [dates["max"]] * len(bins),
        }
        parts.append(pa.table(columns, schema=REFERENCE))
    return pa.concat_tables(parts)


def counts(known: pa.Table, table: pa.Table) -> pa.Table:
    """Number of rows of a table in each bin of a reference.

    Args:
        known: a table of `REFERENCE`.
        table: rows of one date; a feature that it lacks is excluded.

    Returns:
        A table of `COUNTS`, empty bins included.
    """
    parts = [COUNTS.empty_table()]
    for name, rows in _by_feature(known):
        if name in table.column_names:
            columns = {
                "feature": rows["feature"],
                "bin": rows["bin"],
                "customers": FeatureBins.of(rows).count(table[name]),
            }
            parts.append(pa.table(columns, schema=COUNTS))
    return pa.concat_tables(parts)


def shifts(known: pa.Table, now: pa.Table, earlier: pa.Table) -> list[Shift]:
    """Shift of each feature with counts of the day, in the order of their names.

    Args:
        known: a table of `REFERENCE`.
        now: a table of `COUNTS` of the day.
        earlier: a table of `COUNTS` of an earlier day; features that it lacks have None.
    """
    today, before = dict(_counted(now)), dict(_counted(earlier))
    found = []
    for name, rows in _by_feature(known):
        if name not in today:
            continue
        size = int(rows["sample_size"][0].as_py())
        shares = np.asarray(rows["share"].to_numpy())
        unknown = np.asarray(pc.equal(rows["kind"], "unknown").to_numpy())
        psi, chance = stability_index(today[name], shares * size)
        earlier_psi, earlier_chance = (
            stability_index(today[name], before[name]) if name in before else (None, None)
        )
        found.append(
            Shift(
                feature=name,
                psi=psi,
                chance=chance,
                earlier_psi=earlier_psi,
                earlier_chance=earlier_chance,
                null_share=float(today[name][unknown].sum() / max(today[name].sum(), 1)),
                reference_null_share=float(shares[unknown].sum()),
            )
        )
    return found


def stability_index(one: Numbers, other: Numbers) -> tuple[float, float]:
    """Population stability index of two histograms, and its sampling-noise quantile.

    Without drift the index of samples of n and m customers is distributed as (1/n + 1/m)·χ² with
    (bins − 1) degrees of freedom (Yurdakul, Naranjo: Statistical properties of the population
    stability index, Journal of Risk Model Validation 14(4), 2020). Bins that are empty in both
    samples are not counted. The 99.9 % quantile is the Wilson-Hilferty approximation and not
    `scipy.stats.chi2.ppf`, because `stability_by_chance` in
    dbt_project/macros/statistics/drift.sql is the same formula.

    Args:
        one: customers by bin, shape (bins,).
        other: customers by bin of the sample to compare with, shape (bins,).

    Returns:
        The index and the quantile; (0, 0) if either sample is empty.
    """
    n, m = one.sum(), other.sum()
    if n == 0 or m == 0:
        return 0.0, 0.0
    bins = len(one)
    p = (one + PRIOR) / (n + PRIOR * bins)
    q = (other + PRIOR) / (m + PRIOR * bins)
    freedom = int(((one > 0) | (other > 0)).sum()) - 1
    spread = 2 / (9 * freedom) if freedom else 0.0
    quantile = freedom * (1 - spread + NOISE_Z * np.sqrt(spread)) ** 3
    return float(np.sum((p - q) * np.log(p / q))), float((1 / n + 1 / m) * quantile)


def _by_feature(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Rows of each feature in the order of bins, features in the order of names."""
    ordered = table.sort_by([("feature", "ascending"), ("bin", "ascending")]).combine_chunks()
    names = np.asarray(ordered["feature"].to_pylist(), dtype=object)
    changes = (np.flatnonzero(names[1:] != names[:-1]) + 1).tolist()
    bounds = [0, *changes, len(names)] if len(names) else []
    for start, end in pairwise(bounds):
        yield names[start], ordered.slice(start, end - start)


def _counted(table: pa.Table) -> Iterator[tuple[str, Numbers]]:
    for name, rows in _by_feature(table):
        yield name, np.asarray(rows["customers"].cast(pa.float64()).to_numpy())
