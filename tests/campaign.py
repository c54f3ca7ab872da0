"""Examples and kills: a few in `make test`, and many times as many in `make campaign`.

HOLDFAST_CAMPAIGN is the factor. In a campaign Hypothesis draws new examples in every run.
"""

from __future__ import annotations

import os

FACTOR = int(os.environ.get("HOLDFAST_CAMPAIGN", "1"))


def times(count: int) -> int:
    """A number of examples or kills, multiplied in a campaign."""
    return count * FACTOR
