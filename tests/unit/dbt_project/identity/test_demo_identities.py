"""The planted people of a dirty demo company are found again in its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import generate
from tests.identity_models import Identity

_PAIRS = """
with records as (
    select history.customer_id, truth.person_id
    from intermediate.int_identity_history as history
    inner join '{truth}/records.parquet' as truth
        on
            history.source = truth.source
            and history.source_customer_id = truth.source_record_id
    where history.valid_to = date '9999-12-31'
),
pairs as (
    select
        (select sum(n * (n - 1) / 2) from (
            select count(*) as n from records group by customer_id, person_id
        )) as right_pairs,
        (select sum(n * (n - 1) / 2) from (
            select count(*) as n from records group by customer_id
        )) as found_pairs,
        (select sum(n * (n - 1) / 2) from (
            select count(*) as n from records group by person_id
        )) as true_pairs
)
select right_pairs / found_pairs, right_pairs / true_pairs from pairs
"""


@dataclass(frozen=True)
class PairFigures:
    """Share of the found pairs of records that are right, and of the true ones that are found."""

    precision: float
    recall: float


def figures(identity: Identity, truth: Path) -> PairFigures:
    row = identity.con.execute(_PAIRS.format(truth=truth)).fetchone()
    assert row is not None
    return PairFigures(*map(float, row))


@pytest.mark.parametrize(("dirt", "seed"), [(0.0, 7), (1.0, 11)])
def test_planted_people_are_found(
    warehouse_of: Callable[[str], Identity], tmp_path: Path, dirt: float, seed: int
) -> None:
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    generate(landing, truth, people=400, seed=seed, daily_drops=6, dirt=dirt)
    identity = warehouse_of("DE")
    identity.deliver_demo(landing)
    identity.resolve()
    found = figures(identity, truth)
    assert found.precision >= 0.99, found
    assert found.recall >= 0.97, found
