from __future__ import annotations

import numpy as np

from ml.split_mix import mixed


def test_the_values_are_those_of_the_published_generator() -> None:
    # First outputs for the seed 1234567, whose states are the seed plus multiples of the constant.
    golden, seed = 0x9E3779B97F4A7C15, 1234567
    states = np.array([(seed + k * golden) % 2**64 for k in range(3)], dtype=np.uint64)
    assert mixed(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]
