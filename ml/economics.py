"""Economics of a retention offer: customer value, costs and the acceptance rate.

The configuration reads this module, so it must not import NumPy or SciPy, which take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.errors import ModelError


@dataclass(frozen=True)
class RetentionEconomics:
    """Value of a retained customer and costs of an offer, in one currency.

    The acceptance rate is γ ~ Beta(`accept_alpha`, `accept_beta`). The defaults, a mean of 0.3
    with 90 % between 0.15 and 0.48, are those of Verbraken, Verbeke, Baesens: A Novel Profit
    Maximizing Metric, IEEE TKDE 25(5), 2013.

    Raises:
        ModelError: an offer costs as much as a customer is worth, a cost is negative, or a
            parameter of γ is not positive.
    """

    customer_value: float
    offer_cost: float
    contact_cost: float
    accept_alpha: float = 6.0
    accept_beta: float = 14.0

    def __post_init__(self) -> None:
        """Check the ranges of the amounts."""
        if self.offer_cost < 0 or self.contact_cost < 0:
            raise ModelError(
                f"offer_cost and contact_cost: expected 0 or more, found {self.offer_cost} and "
                f"{self.contact_cost}"
            )
        if not self.customer_value > self.offer_cost:
            raise ModelError(
                f"customer_value: expected more than the offer's cost of {self.offer_cost}, found "
                f"{self.customer_value}"
            )
        if min(self.accept_alpha, self.accept_beta) <= 0:
            raise ModelError(
                f"accept_alpha and accept_beta: expected above 0, found {self.accept_alpha} and "
                f"{self.accept_beta}"
            )

    @property
    def accept_mean(self) -> float:
        """Mean probability that a customer who would churn accepts the offer."""
        return self.accept_alpha / (self.accept_alpha + self.accept_beta)


# Defaults of the paper and of the R package EMP, for a company without figures of its own.
PAPER_ECONOMICS = RetentionEconomics(customer_value=200, offer_cost=10, contact_cost=1)
