from __future__ import annotations

import pytest

from ml.economics import PAPER_ECONOMICS, RetentionEconomics
from ml.errors import ModelError


def test_the_default_acceptance_rate_has_the_mean_of_the_paper() -> None:
    assert PAPER_ECONOMICS.accept_mean == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ((10, 10, 1), "customer_value: expected more than the offer's cost of 10"),
        ((200, -1, 1), "offer_cost and contact_cost: expected 0 or more, found -1"),
        ((200, 10, 1, 0, 14), "accept_alpha and accept_beta: expected above 0, found 0"),
    ],
)
def test_amounts_outside_their_range_are_refused(amounts: tuple[float, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        RetentionEconomics(*amounts)
