from __future__ import annotations

import numpy as np
import pyarrow as pa

from ml.monitoring.feature_bins import MAX_CATEGORIES, FeatureBins


def column(values: object) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


def test_numbers_have_ten_bins_with_open_ends_and_one_of_the_unknown() -> None:
    values = column([*range(100), None])
    bins = FeatureBins.fit(values)

    assert bins.kinds == ["range"] * 10 + ["unknown"]
    assert bins.count(values).tolist() == [10] * 10 + [1]
    assert bins.count(column([-1e9, 1e9, np.nan])).tolist() == [1, *[0] * 8, 1, 1]


def test_a_value_on_an_edge_is_in_the_lower_bin() -> None:
    bins = FeatureBins.fit(column([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]))

    assert bins.uppers[0] == 0
    assert bins.count(column([0, 0.5])).tolist()[0] == 1


def test_texts_and_booleans_have_a_bin_per_frequent_value_one_of_others_and_one_unknown() -> None:
    many = [f"value-{number:02d}" for number in range(MAX_CATEGORIES + 5)]
    bins = FeatureBins.fit(column(many))
    assert bins.kinds == ["value"] * MAX_CATEGORIES + ["other", "unknown"]
    assert bins.count(column([*many, None])).tolist() == [*[1] * MAX_CATEGORIES, 5, 1]

    answers = FeatureBins.fit(column([True, False, True]))
    assert answers.categories == ["true", "false", None, None]


def test_a_feature_without_any_value_has_an_open_bin_and_the_unknown() -> None:
    bins = FeatureBins.fit(pa.chunked_array([pa.nulls(3, pa.float64())]))

    assert bins.count(column([1.0, None])).tolist() == [1, 1]
