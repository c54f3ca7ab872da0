"""Random labels of both outcomes, and probabilities with many ties."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

Outcomes = tuple[np.ndarray, np.ndarray]


@st.composite
def outcomes(draw: st.DrawFn) -> Outcomes:
    """Labels and probabilities of 2 to 60 customers, in steps of a tenth."""
    rows = draw(st.integers(2, 60))
    random = np.random.default_rng(draw(st.integers(0, 1_000_000)))
    labels = random.random(rows) < 0.5
    labels[:2] = [True, False]
    return labels, random.integers(0, 11, rows) / 10
