"""What keeping a customer brings and an offer costs, apart from what is worked out with it.

A configuration says it, and reading one must not take the seconds that numerics take to import.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetentionEconomics:
    """What keeping a customer brings and costs, in one currency.

    The defaults of γ, a mean of 0.3 with 90 % between 0.15 and 0.48, are the paper's.

    Raises:
        ValueError: keeping a customer cannot pay, a cost is negative, or γ has no distribution.
    """

    customer_value: float
    offer_cost: float
    contact_cost: float
    accept_alpha: float = 6.0
    accept_beta: float = 14.0

    def __post_init__(self) -> None:
        """Refuse what no campaign could be like."""
        if self.offer_cost < 0 or self.contact_cost < 0:
            raise ValueError(
                f"offer_cost and contact_cost: expected 0 or more, found {self.offer_cost} and "
                f"{self.contact_cost}"
            )
        if not self.customer_value > self.offer_cost:
            raise ValueError(
                f"customer_value: expected more than the offer's cost of {self.offer_cost}, found "
                f"{self.customer_value}"
            )
        if min(self.accept_alpha, self.accept_beta) <= 0:
            raise ValueError(
                f"accept_alpha and accept_beta: expected above 0, found {self.accept_alpha} and "
                f"{self.accept_beta}"
            )

    @property
    def accept_mean(self) -> float:
        """Mean probability that a customer who would have left accepts."""
        return self.accept_alpha / (self.accept_alpha + self.accept_beta)


# What the paper and the R package EMP assume where a company has no figures of its own.
PAPER_ECONOMICS = RetentionEconomics(customer_value=200, offer_cost=10, contact_cost=1)
