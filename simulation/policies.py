"""Policies that choose from what they know of a day's customers: all but Holdfast.

Each makes candidates of a day; `choose` applies the same budget, the same capacities and the same
distance between two touches to all of them. Holdfast decides in its own pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.oracle import potential_outcomes
from ml.decisions.decide import decide
from ml.decisions.schemas import DRAWS
from ml.decisions.settings import DayLimits, Randomisation
from simulation.company import Company

USUAL_CALL = "service_call"
NO_SHARES = Randomisation(holdout_share=0, exploration_share=0, control_share=0)
CHOSEN = pa.schema(
    [("person_id", pa.int64()), ("action_id", pa.string()), ("expected_cost", pa.float64())]
)


@dataclass(frozen=True)
class Purse:
    """Money of a policy, by the rule of `actions.action_limits`.

    Each decided day adds its share of the monthly budget, and money that is left is carried on to
    later days of the month.
    """

    monthly_budget: float

    def on(self, day: date, spent: Mapping[date, float]) -> float:
        """Money that a day may spend.

        Args:
            day: the decision day.
            spent: expected costs of earlier decision days.
        """
        month = [cost for other, cost in spent.items() if _month(other) == _month(day)]
        days_in_month = (_next_month(day) - day.replace(day=1)).days
        allowed = self.monthly_budget * (len(month) + 1) / days_in_month
        return max(allowed - sum(month), 0.0)


def choose(options: pa.Table, rested: pa.Array, budget: float, catalogue: pa.Table) -> pa.Table:
    """Action of each person with the highest total worth under budget and capacities.

    Args:
        options: `person_id`, `action_id`, `worth` (only those above 0 are chosen), `expected_cost`.
        rested: people who may be touched.
        budget: money of the day.
        catalogue: `action_id` and `capacity_a_day`.

    Returns:
        The chosen ones in the columns of `CHOSEN`.
    """
    allowed = options.filter(pc.is_in(options["person_id"], rested))
    if not len(allowed):
        return CHOSEN.empty_table()
    half = pa.array(np.full(len(allowed), 0.5))
    candidates = pa.table(
        {
            "customer_id": allowed["person_id"].cast(pa.string()),
            "action_id": allowed["action_id"],
            "expected_uplift": pa.array(np.zeros(len(allowed))),
            "expected_net_value": allowed["worth"],
            "expected_cost": allowed["expected_cost"],
            **dict.fromkeys(DRAWS, half),
            "is_proven": pa.array(np.full(len(allowed), True)),
        }
    )
    capacities = dict(
        zip(
            catalogue["action_id"].to_pylist(),
            catalogue["capacity_a_day"].to_pylist(),
            strict=True,
        )
    )
    decisions = decide(candidates, NO_SHARES, DayLimits(budget, capacities)).decisions
    treated = decisions.filter(pc.equal(decisions["arm"], "treatment"))
    return pa.table(
        [treated["customer_id"].cast(pa.int64()), treated["action_id"], treated["expected_cost"]],
        schema=CHOSEN,
    )


def riskiest_options(customers: pa.Table, catalogue: pa.Table) -> pa.Table:
    """The usual call for everybody with a phone; the churn probability is its worth."""
    with_phone = customers.filter(customers["has_phone"])
    call = catalogue.filter(pc.equal(catalogue["action_id"], USUAL_CALL)).to_pylist()[0]
    count = len(with_phone)
    return pa.table(
        {
            "person_id": with_phone["person_id"],
            "action_id": pa.array([USUAL_CALL] * count, pa.string()),
            "worth": with_phone["churn_probability"],
            "expected_cost": pa.array(np.full(count, float(call["contact_cost"]))),
        }
    )


def random_options(costs: pa.Table, seed: int, day: date) -> pa.Table:
    """One random action for each person, and a random order of the people.

    The worth is the draw times the cost, so that the budget is spent in the order of the draws.

    Args:
        costs: `person_id`, `action_id`, `expected_cost`: every action for every person, in a fixed
            order.
        seed: of the company.
        day: the decision day; another day draws anew.
    """
    draws = np.random.default_rng([seed, day.toordinal()]).random(len(costs))
    people = costs["person_id"].to_numpy()
    order = np.lexsort((draws, people))
    first = order[np.append(True, np.diff(people[order]) != 0)] if len(costs) else order
    drawn = costs.take(pa.array(first))
    return drawn.append_column("worth", pc.multiply(drawn["expected_cost"], 1 - draws[first]))


def oracle_options(costs: pa.Table, outcomes: pa.Table, customers: pa.Table) -> pa.Table:
    """Every action for every person, with its true outcome and the value that hangs on it.

    The outcome is exact. The value of a kept person is the person's usual margin of the horizon,
    that of a person driven away the margin of the orders that are lost, and a redeemed voucher
    costs its share of the next order. `simulation.value` measures what came of it.

    Args:
        costs: `person_id`, `action_id`, `expected_cost`, `contact_cost`, `order_share`.
        outcomes: of `outcomes_on`.
        customers: of `simulation.value.customers_on`.
    """
    return _worth(
        """
        case
            when would_order_treated and not would_order_untreated then usual_margin
            when would_order_untreated and not would_order_treated then -next_margin
            else 0
        end
        - case when redeems then order_share * order_amount else 0 end
        - contact_cost
        """,
        costs,
        outcomes,
        customers,
    )


def informed_options(costs: pa.Table, outcomes: pa.Table, customers: pa.Table) -> pa.Table:
    """Every action for every person, with the value expected by the planted shares.

    It knows who will place no order, for which cause, and the planted share of such people whom
    each action keeps. It does not know the draw that decides whether a single person is kept: no
    rule could find that out before the action. The arguments are those of `oracle_options`.
    """
    return _worth(
        "keep_probability * usual_margin - drive_probability * next_margin - expected_cost",
        costs,
        outcomes,
        customers,
    )


def permitted_options(informed: pa.Table, permitted: pa.Table) -> pa.Table:
    """The informed options that the company may carry out: with consent, an address or a phone.

    Args:
        informed: of `informed_options`.
        permitted: of `simulation.pipeline.permitted_pairs`.
    """
    return informed.join(permitted, ["person_id", "action_id"], join_type="left semi").sort_by(
        [("person_id", "ascending"), ("action_id", "ascending")]
    )


def outcomes_on(costs: pa.Table, company: Company, day: date) -> pa.Table:
    """Both potential outcomes of every pair of person and action, sent on the next day.

    Args:
        costs: `person_id` and `action_id`.
        company: the company.
        day: the decision day.
    """
    sent_on = pa.array([day + timedelta(1)] * len(costs), pa.date32())
    return potential_outcomes(
        costs.select(["person_id", "action_id"]).append_column("sent_on", sent_on),
        people=company.people,
        seed=company.seed,
        first_date=company.first_date,
        last_date=company.last_date,
    )


def _worth(worth: str, costs: pa.Table, outcomes: pa.Table, customers: pa.Table) -> pa.Table:
    with duckdb.connect() as con:
        con.register("costs", costs)
        con.register("outcomes", outcomes)
        con.register("customers", customers)
        return con.execute(
            f"""
            select person_id, action_id, {worth} as worth, expected_cost
            from outcomes
            inner join costs using (person_id, action_id)
            inner join customers using (person_id)
            order by person_id, action_id
            """
        ).to_arrow_table()


def costs_of(customers: pa.Table, catalogue: pa.Table) -> pa.Table:
    """Every action for every eligible person with its expected cost, as the pipeline reckons it."""
    with duckdb.connect() as con:
        con.register("customers", customers)
        con.register("catalogue", catalogue)
        return con.execute(
            """
            select
                person_id,
                action_id,
                contact_cost::double as contact_cost,
                redemption_order_share::double as order_share,
                contact_cost + redemption_rate * (
                    redemption_amount + redemption_order_share * order_amount
                ) as expected_cost,
            from customers
            cross join catalogue
            order by person_id, action_id
            """
        ).to_arrow_table()


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(32)).replace(day=1)
