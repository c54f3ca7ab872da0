from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from ml.churn.person_periods import PersonPeriods, months_ahead

ROWS = pa.table(
    {
        "customer_id": ["stays", "leaves", "unknown", "later"],
        "snapshot_date": pa.array(
            [date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 31)], pa.date32()
        ),
        "months_observed": pa.array([3, 3, None, 2], pa.int32()),
        "left_in_month": pa.array([None, 2, None, None], pa.int32()),
    }
)
PROBABILITIES = np.array([0.1, 0.2, 0.3, 0.4])


def listed(found: PersonPeriods) -> list[tuple[int, float, bool]]:
    return list(
        zip(found.month.tolist(), found.probability.tolist(), found.churned.tolist(), strict=True)
    )


def test_a_customer_has_a_row_per_month_until_churn_or_the_last_observed_month() -> None:
    assert listed(PersonPeriods.of(ROWS, PROBABILITIES, ended_by=date(2026, 12, 31))) == [
        *((1, 0.1, False), (2, 0.1, False), (3, 0.1, False)),
        *((1, 0.2, False), (2, 0.2, True)),
        *((1, 0.4, False), (2, 0.4, False)),
    ]


def test_a_month_that_ends_after_the_day_is_excluded() -> None:
    assert listed(PersonPeriods.of(ROWS, PROBABILITIES, ended_by=date(2026, 3, 1))) == [
        (1, 0.1, False),
        (1, 0.2, False),
    ]
    assert len(PersonPeriods.of(ROWS, PROBABILITIES, ended_by=date(2026, 3, 2))) == 5


def test_months_ended_by_a_day_and_begun_from_it_are_disjoint() -> None:
    day, end = date(2026, 1, 31), date(2026, 12, 31)
    before = PersonPeriods.of(ROWS, PROBABILITIES, ended_by=day)
    after = PersonPeriods.of(ROWS, PROBABILITIES, begun_from=day, ended_by=end)

    assert len(before) + len(after) == len(PersonPeriods.of(ROWS, PROBABILITIES, ended_by=end))
    assert listed(after) == [
        *((2, 0.1, False), (3, 0.1, False)),
        (2, 0.2, True),
        *((1, 0.4, False), (2, 0.4, False)),
    ]


def test_a_forecast_has_twelve_months_or_the_horizon_s_if_it_is_longer() -> None:
    assert [months_ahead(days) for days in (30, 90, 360, 365)] == [12, 12, 12, 13]
