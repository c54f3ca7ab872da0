from __future__ import annotations

import numpy as np
import pyarrow as pa

from ml.decisions.admission import admit
from ml.decisions.allocation import Allocation, Lines
from ml.decisions.candidates import Limits
from ml.decisions.exploration import DOES_NOT_EXPLORE, Explorers
from ml.decisions.prices import Prices
from ml.decisions.settings import DayLimits

ACTIONS = pa.array(["call", "mail"])


def allocation(action: list[int], line: list[int]) -> Allocation:
    """Customers in one order for contacts and for money."""
    places = np.array(line)
    return Allocation(
        action=np.array(action),
        is_allocated=np.ones(len(action), bool),
        lines=Lines(places, places),
        value=0.0,
        prices=Prices(np.zeros(3), 0.0, 0.0, 1),
    )


def explorers(
    customers: list[int], action: list[int], cost: list[float], limits: Limits
) -> Explorers:
    drawn = np.full(10, DOES_NOT_EXPLORE)
    drawn[customers] = action
    return Explorers(
        drawn,
        np.linspace(0, 0.9, 10),
        np.array(customers, int),
        np.array(action, int),
        np.array(cost),
        limits,
    )


def test_controls_use_no_contact_and_are_cut_with_the_treated_around_them() -> None:
    limits = Limits.of(DayLimits(None, {"call": 2, "mail": None}), ACTIONS)
    uses = np.array([True, False, True, False, True, False])

    found = admit(
        allocation([0] * 6, list(range(6))),
        uses,
        explorers([], [], [], limits),
        np.zeros((2, 6)),
        limits,
    )

    # The treated customers 0 and 2 take both contacts: control 3 is cut like the treated 4.
    assert found.has_contact.tolist() == [True, True, True, False, False, False]
    assert found.has_money.tolist() == found.has_contact.tolist()


def test_money_is_spent_in_the_order_of_its_line_and_free_contacts_need_none() -> None:
    limits = Limits.of(DayLimits(10e-6, {"call": None, "mail": None}), ACTIONS)
    costs = np.array([[6.0, 6.0, 4.0, 0.0], [0.0] * 4])

    found = admit(
        allocation([0, 0, 0, 0], [0, 1, 2, 3]),
        np.array([True, False, True, True]),
        explorers([], [], [], limits),
        costs,
        limits,
    )

    # After the 6 of customer 0, control 1 has too little left for 6, and customer 2 enough for 4.
    assert found.has_contact.all()
    assert found.has_money.tolist() == [True, False, True, True]


def test_an_explorer_is_judged_without_the_own_contact() -> None:
    """One call: the explorer has it, and would have it by exploitation, too."""
    limits = Limits.of(DayLimits(None, {"call": 1, "mail": None}), ACTIONS)

    found = admit(
        allocation([0, 0], [0, 1]),
        np.array([False, True]),
        explorers([0], [0], [0.0], limits),
        np.zeros((2, 2)),
        limits,
    )

    assert found.has_contact.tolist() == [True, False]


def test_without_the_own_exploration_another_customer_takes_the_contact_and_pays() -> None:
    """Customer 2 explores the only call at 5 of a budget of 10, and mails cost 4.

    Without that, customer 0 would be called at 5, ahead of customer 2, whose mail at 6 no longer
    fits into the budget.
    """
    limits = Limits.of(DayLimits(10e-6, {"call": 1, "mail": None}), ACTIONS)
    costs = np.array([[5.0, 5.0, 5.0], [4.0, 4.0, 6.0]])

    found = admit(
        allocation([0, 1, 1], [0, 2, 1]),
        np.array([True, True, False]),
        explorers([2], [0], [5.0], limits),
        costs,
        limits,
    )

    assert found.has_contact.tolist() == [False, True, True]
    assert found.has_money.tolist() == [False, True, False]
