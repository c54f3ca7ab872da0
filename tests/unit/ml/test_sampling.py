from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.sampling import keep_customers, unit_hash
from tests.campaign import times


def column(ids: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(ids, pa.string())])


IDS = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=40)


@settings(max_examples=times(40))
@given(st.lists(IDS, min_size=1, max_size=12))
def test_the_hash_of_an_id_does_not_depend_on_the_other_ids(ids: list[str]) -> None:
    together = unit_hash(column(ids), 1)

    assert ((together >= 0) & (together < 1)).all()
    for customer, value in zip(ids, together, strict=True):
        assert unit_hash(column([customer]), 1)[0] == value


def test_the_hash_of_an_id_never_changes() -> None:
    assert unit_hash(column(["customer-00001", "顾客"]), 7).tolist() == [
        0.17460834454254925,
        0.3266293580688092,
    ]


def test_hashes_are_spread_evenly_and_salts_are_independent() -> None:
    ids = column([f"c{number}" for number in range(20_000)])
    first, second = unit_hash(ids, 1), unit_hash(ids, 2)

    counts = np.histogram(first, bins=20, range=(0, 1))[0]

    assert abs(counts - 1_000).max() < 150
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_a_maximum_keeps_whole_customers_and_a_larger_one_a_superset() -> None:
    ids = column([f"c{number % 500}" for number in range(5_000)])
    few, many = keep_customers(ids, 1_000, 3), keep_customers(ids, 3_000, 3)

    assert 900 < few.sum() <= 1_000
    assert many[few].all()
    kept = np.array(ids.to_pylist())[few]
    assert len(kept) == 10 * len(set(kept))


def test_fewer_rows_than_the_maximum_are_all_kept() -> None:
    assert keep_customers(column(["a", "b"]), 2, 3).all()


def test_an_empty_column_has_no_hashes() -> None:
    assert unit_hash(column([]), 1).shape == (0,)
