"""Counts and moments of experiment units, by action, period, segment, planned share and arm.

All statistics of `measure_effects` follow from these sums, so each unit is read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import numbers
from ml.effects.schemas import (
    ACTION_ID,
    ALL,
    ALL_MATURED,
    PERIOD,
    SEGMENT_KINDS,
    TREATMENT,
    UNKNOWN,
)
from ml.effects.units import IS_CONFLICTING, NET_VALUE

Values = NDArray[np.float64]

RETAINED, REVENUE = "is_retained", "net_revenue"
OUTCOMES = (RETAINED, REVENUE, NET_VALUE)
# The period before the assignment, which the arms share in expectation.
COVARIATES = ("prior_net_revenue", "prior_orders")
PAIRS = tuple(combinations_with_replacement(range(len(COVARIATES)), 2))
# Planned shares are strata to two decimals; this one stands for a share that was not planned.
SHARE_DECIMALS = 2
NO_PLAN = -1.0
STRATUM = "planned_share"
KEYS = (ACTION_ID, "period_start", "period_end", STRATUM, "arm")
COUNTS = (
    "units",
    "mature",
    "conflicting",
    "planned",
    "expected_treated",
    "delivered",
    "redeemed",
    "cost",
    "known_costs",
)
CELL = (ACTION_ID, "segment_kind", "segment", "period_kind", "period_start", "period_end")


def unit_sums(units: pa.Table) -> pa.Table:
    """Sums of units by action, period, planned share, arm and all three segments.

    Returns:
        A table with `KEYS`, `SEGMENT_KINDS`, `COUNTS` and the moments of each outcome.
    """
    columns = {name: units[name] for name in (ACTION_ID, "period_start", "period_end", "arm")}
    planned = np.round(numbers(units["treatment_probability"]), SHARE_DECIMALS)
    columns[STRATUM] = pa.array(np.where(np.isnan(planned), NO_PLAN, planned))
    segments = {name: pc.fill_null(units[name], UNKNOWN) for name in SEGMENT_KINDS}
    sums = {**_count_columns(units), **_moment_columns(units)}
    grouped = pa.table({**columns, **segments, **sums}).group_by([*KEYS, *SEGMENT_KINDS])
    return _summed(grouped, list(sums))


def segment_sums(sums: pa.Table) -> pa.Table:
    """Sums by action, segment kind, segment, period, planned share and arm.

    A kind of segment that is known for no customer of an action is left out: it would repeat the
    row of all customers.
    """
    parts = [_of_segments(sums, ALL, pa.repeat(ALL, len(sums)))]
    for kind in SEGMENT_KINDS:
        is_known = pc.not_equal(sums[kind], UNKNOWN)
        has_segments = pc.is_in(
            sums[ACTION_ID], value_set=sums.filter(is_known)[ACTION_ID].unique()
        )
        named = sums.filter(has_segments)
        parts.append(_of_segments(named, kind, named[kind]))
    return pa.concat_tables(parts)


def with_totals(sums: pa.Table, is_sound: Values) -> pa.Table:
    """Rows of single periods, and the rows of sound periods again as parts of an action's total.

    `stratum_period` keeps the period of each part: a total compares customers within periods.

    Args:
        sums: the result of `segment_sums`.
        is_sound: mask of shape (rows,) of the rows that belong to a total.
    """
    single = sums.append_column("stratum_period", sums["period_start"])
    single = single.append_column("period_kind", pa.repeat(PERIOD, len(sums)))
    total = single.filter(pa.array(is_sound))
    spans = total.group_by(ACTION_ID).aggregate([("period_start", "min"), ("period_end", "max")])
    row = pc.index_in(total[ACTION_ID], value_set=spans[ACTION_ID])
    replaced = {
        "period_start": spans["period_start_min"].take(row),
        "period_end": spans["period_end_max"].take(row),
        "period_kind": pa.repeat(ALL_MATURED, len(total)),
    }
    for name, values in replaced.items():
        total = total.set_column(total.column_names.index(name), name, values)
    return pa.concat_tables([single, total])


@dataclass(frozen=True)
class Moments:
    """Moments of one outcome by stratum and arm; arm 0 is control and 1 is treatment.

    `cell` has the cell of each stratum, shape (strata,). Sums have the shape (strata, 2) and, with
    K covariates, (strata, 2, K) and (strata, 2, K, K).
    """

    cell: NDArray[np.int64]
    cells: int
    count: Values
    outcome: Values
    outcome_squared: Values
    covariates: Values
    covariate_products: Values
    covariate_outcome: Values

    def by_cell(self, values: Values) -> Values:
        """Sums over the strata of each cell; the first axis becomes (cells,)."""
        summed = np.zeros((self.cells, *values.shape[1:]))
        np.add.at(summed, self.cell, values)
        return summed


@dataclass(frozen=True)
class Cells:
    """Cells of the result: their keys, and the place of each row of sums in them.

    `keys` has one row a cell, with `CELL`. `cell_of_row`, `stratum_of_row` and `arm_of_row` have
    the shape (rows,); `cell_of_stratum` has the shape (strata,).
    """

    sums: pa.Table
    keys: pa.Table
    cell_of_row: NDArray[np.int64]
    stratum_of_row: NDArray[np.int64]
    cell_of_stratum: NDArray[np.int64]
    arm_of_row: NDArray[np.int64]

    @classmethod
    def of(cls, sums: pa.Table) -> Cells:
        """Cells of the result of `with_totals`, in the order of their keys."""
        sums = sums.sort_by([(name, "ascending") for name in (*CELL, "stratum_period", STRATUM)])
        first, cell = group_codes(sums, CELL)
        first_of_stratum, stratum = group_codes(sums, (*CELL, "stratum_period", STRATUM))
        return cls(
            sums=sums,
            keys=sums.select(CELL).take(pa.array(first)),
            cell_of_row=cell,
            stratum_of_row=stratum,
            cell_of_stratum=cell[first_of_stratum],
            arm_of_row=(sums["arm"].to_numpy() == TREATMENT).astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def count(self, name: str) -> Values:
        """Sums of a count by cell and arm, shape (cells, 2)."""
        counted = np.zeros((len(self), 2))
        np.add.at(counted, (self.cell_of_row, self.arm_of_row), numbers(self.sums[name]))
        return counted

    def moments(self, outcome: str) -> Moments:
        """Moments of the outcome."""
        count, size = self._placed(outcome, "n"), len(COVARIATES)
        products = np.zeros((*count.shape, size, size))
        for left, right in PAIRS:
            placed = self._placed(outcome, f"x{left}x{right}")
            products[..., left, right] = products[..., right, left] = placed
        return Moments(
            cell=self.cell_of_stratum,
            cells=len(self),
            count=count,
            outcome=self._placed(outcome, "y"),
            outcome_squared=self._placed(outcome, "yy"),
            covariates=self._stacked(outcome, "x{}"),
            covariate_products=products,
            covariate_outcome=self._stacked(outcome, "x{}y"),
        )

    def _stacked(self, outcome: str, moment: str) -> Values:
        numbered = [self._placed(outcome, moment.format(k)) for k in range(len(COVARIATES))]
        return np.stack(numbered, axis=-1)

    def _placed(self, outcome: str, moment: str) -> Values:
        placed = np.zeros((len(self.cell_of_stratum), 2))
        placed[self.stratum_of_row, self.arm_of_row] = numbers(self.sums[f"{outcome}.{moment}"])
        return placed


def group_codes(
    table: pa.Table, columns: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of each distinct combination, shape (groups,), and each row's group, (rows,).

    Groups are numbered in the order of their first rows. The columns have no nulls.
    """
    codes = np.zeros(len(table), dtype=np.int64)
    for name in columns:
        _, values = np.unique(table[name].to_numpy(), return_inverse=True)
        _, codes = np.unique(codes * (values.max(initial=0) + 1) + values, return_inverse=True)
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return first[order], number[group]


def _count_columns(units: pa.Table) -> dict[str, Values]:
    """Counts of each unit, 0 or 1; a conflicting unit counts as nothing else."""
    counted = numbers(units[IS_CONFLICTING]) == 0
    cost, planned = numbers(units["cost"]), numbers(units["treatment_probability"])
    matured = counted & (numbers(units["is_mature"]) == 1)
    known_cost, is_planned = matured & ~np.isnan(cost), counted & ~np.isnan(planned)
    return {
        "units": counted.astype(float),
        "mature": matured.astype(float),
        "conflicting": (~counted).astype(float),
        "planned": is_planned.astype(float),
        "expected_treated": np.where(is_planned, planned, 0.0),
        "delivered": (counted & (numbers(units["is_delivered"]) == 1)).astype(float),
        "redeemed": (counted & (numbers(units["is_redeemed"]) == 1)).astype(float),
        "cost": np.where(known_cost, cost, 0.0),
        "known_costs": known_cost.astype(float),
    }


def _moment_columns(units: pa.Table) -> dict[str, Values]:
    covariates = [_standardised(numbers(units[name])) for name in COVARIATES]
    columns: dict[str, Values] = {}
    for outcome in OUTCOMES:
        values = numbers(units[outcome])
        known = (~np.isnan(values)).astype(float)
        y = np.nan_to_num(values)
        columns |= {f"{outcome}.n": known, f"{outcome}.y": y, f"{outcome}.yy": y * y}
        for number, x in enumerate(covariates):
            columns |= {f"{outcome}.x{number}": x * known, f"{outcome}.x{number}y": x * y}
        for left, right in PAIRS:
            product = covariates[left] * covariates[right] * known
            columns[f"{outcome}.x{left}x{right}"] = product
    return columns


def _standardised(values: Values) -> Values:
    """Values minus mean, divided by deviation; unknown ones are at the mean.

    The adjustment is unbiased for any function of what was known before the assignment.
    """
    known = values[~np.isnan(values)]
    deviation = known.std() if len(known) else 0.0
    if deviation == 0:
        return np.zeros(len(values))
    return np.asarray(np.nan_to_num((values - known.mean()) / deviation))


def _of_segments(sums: pa.Table, kind: str, segments: pa.ChunkedArray) -> pa.Table:
    names = [name for name in sums.column_names if name not in {*KEYS, *SEGMENT_KINDS}]
    kinds = pa.repeat(kind, len(sums))
    keyed = sums.append_column("segment_kind", kinds).append_column("segment", segments)
    return _summed(keyed.group_by([*KEYS, "segment_kind", "segment"]), names)


def _summed(grouped: pa.TableGroupBy, names: list[str]) -> pa.Table:
    summed = grouped.aggregate([(name, "sum") for name in names])
    return summed.rename_columns({f"{name}_sum": name for name in names})
