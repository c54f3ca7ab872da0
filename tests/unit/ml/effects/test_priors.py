from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from deployment.project import ROOT
from ml.effects.priors import save_share_evidence, update_priors
from ml.effects.schemas import CATALOGUE_PRIORS, EFFECTS
from ml.effects.settings import EffectSettings
from ml.schemas import SchemaError

PRIOR, DEVIATION = 0.2, 0.1
MACROS = ROOT / "dbt_project" / "macros" / "customers" / "actions.sql"
LEAST_PROBABILITY = float(
    MACROS.read_text(encoding="utf-8").split("macro least_probability_of_help() -%}")[1].split()[0]
)


def catalogue(rows: list[tuple[str, str | None, float, float]]) -> pa.Table:
    named = [dict(zip(CATALOGUE_PRIORS.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=CATALOGUE_PRIORS)


def effect(
    segment: str, customers: int, lost_control: float, save_share: float
) -> dict[str, object]:
    """A row over all matured periods with arms of equal size; a plain interval."""
    lost_treated = lost_control * (1 - save_share)
    error = np.sqrt(
        (lost_control * (1 - lost_control) + lost_treated * (1 - lost_treated)) / customers
    )
    uplift = lost_control - lost_treated
    return {
        "action_id": "call",
        "segment_kind": "all" if segment == "all" else "cause",
        "segment": segment,
        "period_kind": "all_matured",
        "period_start": date(2026, 1, 1),
        "known_treated": customers,
        "known_control": customers,
        "retained_control": 1 - lost_control,
        "uplift": uplift,
        "uplift_low": uplift - 1.96 * error,
        "uplift_high": uplift + 1.96 * error,
        "sample_ratio_ok": True,
    }


def named(action: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [row | {"action_id": action} for row in rows]


def updated(
    priors: pa.Table, rows: list[dict[str, object]], doubt: float = 0.1, useless: float = 0
) -> dict[str | None, dict[str, float]]:
    """Without useless actions, unless a test is about them."""
    settings = EffectSettings(catalogue_doubt=doubt, useless_share=useless)
    found = update_priors(priors, pa.Table.from_pylist(rows, schema=EFFECTS), settings)
    return {row["cause"]: row for row in found.to_pylist()}


def test_without_evidence_the_prior_stays() -> None:
    priors = catalogue([("call", "product_fit", 0.4, 0.05), ("call", None, PRIOR, DEVIATION)])

    rows = updated(priors, [])

    assert list(rows) == ["product_fit", None]
    for row in rows.values():
        assert row["save_share"] == pytest.approx(row["prior_save_share"])
        assert row["save_share_sd"] == pytest.approx(row["prior_save_share_sd"])
        assert row["action_treated"] == 0
    # The prior lies two deviations above 0.
    assert rows[None]["probability_of_help"] == pytest.approx(0.97725, abs=1e-5)


def test_a_cause_with_few_customers_borrows_from_its_action() -> None:
    priors = catalogue([("call", None, PRIOR, DEVIATION)])
    large = effect("product_fit", 50_000, 0.4, save_share=0.05)
    small = effect("price_sensitivity", 40, 0.4, save_share=0.6)

    rows = updated(priors, [large, small])

    assert rows["product_fit"]["save_share"] == pytest.approx(0.05, abs=0.005)
    alone = updated(priors, [small])["price_sensitivity"]
    assert 0.2 < alone["save_share"] < 0.35
    assert rows["price_sensitivity"]["save_share"] < alone["save_share"] - 0.05
    # A cause without any evidence learns half of the action's deviation from the other causes.
    other = updated(priors, [large], doubt=0)[None]
    assert other["save_share"] == pytest.approx(PRIOR - 0.15 / 2, abs=0.005)
    assert other["save_share_sd"] == pytest.approx(DEVIATION * np.sqrt(3 / 4), rel=0.02)
    assert [rows[cause]["treated"] for cause in rows] == [40, 50_000, 0]
    assert {row["action_control"] for row in rows.values()} == {50_040}


def test_a_harmful_action_gets_a_negative_save_share() -> None:
    rows = updated(
        catalogue([("call", None, PRIOR, DEVIATION)]), [effect("all", 20_000, 0.1, -1.0)]
    )

    assert rows[None]["save_share"] == pytest.approx(-0.9, abs=0.2)
    assert rows[None]["save_share"] + 3 * rows[None]["save_share_sd"] < 0


def test_a_first_quarter_stops_a_harmful_action_of_which_the_catalogue_is_sure() -> None:
    # 500 customers per arm, of whom a tenth is lost anyway: the action loses as many again.
    harmful = effect("all", 500, 0.1, save_share=-1.0)
    priors = catalogue([("call", None, 0.02, 0.04)])

    # Without doubt the narrow prior outweighs most of what was measured.
    sure = updated(priors, [harmful], doubt=0)[None]["save_share"]
    assert sure == pytest.approx(0, abs=0.05)
    assert updated(priors, [harmful])[None]["save_share"] < sure - 0.2


@pytest.mark.parametrize(
    ("prior", "effect_of_500", "is_proven"),
    [
        ((0.01, 0.03), None, False),
        ((0.01, 0.03), 0.0, False),
        ((0.01, 0.03), 0.3, True),
        ((0.30, 0.15), None, True),
        ((0.06, 0.06), None, False),
        ((0.06, 0.06), 0.2, True),
        ((0.06, 0.06), -0.2, False),
    ],
    ids=["a newsletter", "useless", "useful after all", "advice", "weak", "measured", "harmful"],
)
def test_an_action_is_exploited_if_it_probably_helps(
    prior: tuple[float, float], effect_of_500: float | None, is_proven: bool
) -> None:
    """After one quarter of 500 customers per arm, 40 % of the untreated lost."""
    rows = [] if effect_of_500 is None else [effect("all", 500, 0.4, effect_of_500)]

    found = updated(catalogue([("mail", None, *prior)]), named("mail", rows), useless=0.2)
    probability = found[None]

    assert (probability["probability_of_help"] >= LEAST_PROBABILITY) == is_proven


def test_evidence_as_expected_leaves_little_doubt() -> None:
    priors = catalogue([("call", None, PRIOR, DEVIATION)])
    usual = effect("all", 2_000, 0.4, save_share=0.25)

    robust, sure = updated(priors, [usual])[None], updated(priors, [usual], doubt=0)[None]

    assert robust["save_share"] == pytest.approx(sure["save_share"], abs=0.005)
    assert robust["save_share_sd"] == pytest.approx(sure["save_share_sd"], rel=0.1)


def test_provisional_and_mismatched_effects_are_no_evidence() -> None:
    ours = effect("all", 1_000, 0.4, 0.3)
    rows = [ours | {"period_kind": "period"}, ours | {"sample_ratio_ok": False}]

    assert len(save_share_evidence(pa.Table.from_pylist(rows, schema=EFFECTS))) == 0
    assert len(save_share_evidence(pa.Table.from_pylist([ours], schema=EFFECTS))) == 1


def test_customers_without_a_cause_are_evidence_for_any_other_cause_only() -> None:
    priors = catalogue([("call", "product_fit", PRIOR, DEVIATION)])
    rows = updated(priors, [effect("unknown", 9_000, 0.4, 0.9), effect("all", 9_000, 0.4, 0.9)])

    assert rows["product_fit"]["save_share"] == pytest.approx(PRIOR)
    assert list(rows) == ["product_fit"]


def repeated(treated: int, control: int, lost: tuple[float, float], draws: int) -> pa.Table:
    """Evidence of repeated experiments with these shares of lost customers, treated first."""
    random = np.random.default_rng(4)
    lost_treated, lost_control = (
        random.binomial(customers, share, draws) / customers
        for customers, share in zip((treated, control), lost, strict=True)
    )
    error = np.sqrt(
        (lost_treated * (1 - lost_treated)) / treated + lost_control * (1 - lost_control) / control
    )
    uplift = lost_control - lost_treated
    given = {
        "action_id": [f"{number}" for number in range(draws)],
        "segment_kind": ["all"] * draws,
        "segment": ["all"] * draws,
        "period_kind": ["all_matured"] * draws,
        "known_treated": [treated] * draws,
        "known_control": [control] * draws,
        "retained_control": 1 - lost_control,
        "uplift": uplift,
        "uplift_low": uplift - 1.959964 * error,
        "uplift_high": uplift + 1.959964 * error,
    }
    columns = {field.name: given.get(field.name, [None] * draws) for field in EFFECTS}
    return save_share_evidence(pa.table(columns, schema=EFFECTS))


def test_the_variance_of_a_save_share_is_that_of_repeated_experiments() -> None:
    found = repeated(900, 300, lost=(0.4, 0.4), draws=4_000)

    shares, variances = found["save_share"].to_numpy(), found["variance"].to_numpy()
    assert shares.mean() == pytest.approx(0, abs=0.01)
    assert variances.mean() == pytest.approx(shares.var(), rel=0.06)


def test_a_lucky_save_share_is_no_more_certain_than_an_unlucky_one() -> None:
    """Without an effect, a save share is 1.64 deviations above 0, or below, in a draw of twenty."""
    found = repeated(35, 25, lost=(0.45, 0.45), draws=20_000)

    deviations = found["save_share"].to_numpy() / np.sqrt(found["variance"].to_numpy())
    assert np.mean(deviations > 1.645) == pytest.approx(0.05, abs=0.02)
    assert np.mean(deviations < -1.645) == pytest.approx(0.05, abs=0.02)


def test_a_lucky_handful_of_customers_moves_a_prior_little() -> None:
    few = {
        **effect("price", 13, lost_control=0.75, save_share=0.8),
        "known_control": 4,
        "uplift_low": 0.07,
        "uplift_high": 0.83,
    }

    row = updated(catalogue([("call", None, 0.01, 0.03)]), [few])["price"]

    assert row["save_share"] < 0.1


# Two years of campaigns of a company of 1,500 people: customers treated and in the control arm, of
# the cause that an action answers and of all others.
OWN_CAUSE, OTHERS = (35, 25), (110, 75)
ANSWERING = ("product_fit", "service_response", "price_sensitivity", "emotional_bond", "town")


def histories(
    save_shares: dict[str, tuple[float, float]], draws: int, expected: float = 1
) -> list[dict[tuple[str, str | None], dict[str, Any]]]:
    """Learned rows by action and cause, of companies whose actions have these save shares.

    The catalogue is that of the demo: five actions that answer a cause, and a newsletter.

    Args:
        save_shares: by action, of its own cause and of all others.
        draws: number of companies.
        expected: factor of the catalogue's means.
    """
    random = np.random.default_rng(11)
    priors = [("newsletter", None, expected * 0.01, 0.03)]
    for cause in ANSWERING:
        priors += [(cause, cause, expected * 0.30, 0.15), (cause, None, expected * 0.06, 0.06)]
    found = []
    for _ in range(draws):
        rows: list[dict[str, object]] = []
        for action, shares in save_shares.items():
            arms = [(action, OWN_CAUSE, 0.45, shares[0]), ("unknown", OTHERS, 0.3, shares[1])]
            for segment, customers, lost, share in arms[action == "newsletter" :]:
                rows += named(action, [drawn_effect(random, segment, customers, lost, share)])
        learned = update_priors(catalogue(priors), pa.Table.from_pylist(rows, schema=EFFECTS))
        found.append({(row["action_id"], row["cause"]): row for row in learned.to_pylist()})
    return found


def drawn_effect(
    random: np.random.Generator,
    segment: str,
    customers: tuple[int, int],
    lost_control: float,
    save_share: float,
) -> dict[str, object]:
    """An effect as measured in one experiment."""
    lost = random.binomial(customers, (lost_control * (1 - save_share), lost_control)) / customers
    smooth = (lost * customers + 2) / (np.array(customers) + 4)
    error = np.sqrt(np.sum(smooth * (1 - smooth) / customers))
    uplift = float(lost[1] - lost[0])
    return {
        **effect(segment, 1, lost_control, save_share),
        "known_treated": customers[0],
        "known_control": customers[1],
        "retained_control": 1 - lost[1],
        "uplift": uplift,
        "uplift_low": uplift - 1.96 * error,
        "uplift_high": uplift + 1.96 * error,
    }


def proven_share(
    found: list[dict[tuple[str, str | None], dict[str, Any]]], keys: list[tuple[str, str | None]]
) -> float:
    return float(
        np.mean(
            [row[key]["probability_of_help"] >= LEAST_PROBABILITY for row in found for key in keys]
        )
    )


OWN_ROWS: list[tuple[str, str | None]] = [(cause, cause) for cause in ANSWERING]
OTHER_ROWS: list[tuple[str, str | None]] = [(cause, None) for cause in ANSWERING]
NEWSLETTER: list[tuple[str, str | None]] = [("newsletter", None)]


NOTHING = {**dict.fromkeys(ANSWERING, (0.0, 0.0)), "newsletter": (0.0, 0.0)}
# As planted in the demo, but for the signs that name another cause.
PLANTED = {**dict.fromkeys(ANSWERING, (0.45, 0.06)), "newsletter": (0.0, 0.0)}


def test_without_effects_a_lucky_history_proves_no_action_in_more_than_one_of_twenty() -> None:
    """With a catalogue that expects nothing, of 300 companies .039, .011 and .003."""
    found = histories(NOTHING, draws=100, expected=0)

    for rows in (OWN_ROWS, OTHER_ROWS, NEWSLETTER):
        assert proven_share(found, rows) <= 0.05


def test_without_effects_most_actions_lose_the_trust_of_the_catalogue() -> None:
    """Of 300 companies, .23 of the actions stay proven for their own cause and .11 for others."""
    found = histories(NOTHING, draws=60)

    assert proven_share(found, OWN_ROWS) <= 0.35
    assert proven_share(found, OTHER_ROWS) <= 0.2
    assert proven_share(found, NEWSLETTER) <= 0.05


def test_planted_effects_are_proven_and_the_useless_action_beside_them_is_not() -> None:
    """Of 300 companies, .99 and .02."""
    found = histories(PLANTED, draws=60)

    assert proven_share(found, OWN_ROWS) >= 0.95
    assert proven_share(found, NEWSLETTER) <= 0.07


def test_an_action_without_history_is_doubted_where_all_others_changed_nothing() -> None:
    priors = catalogue(
        [(action, None, 0.3, 0.15) for action in ("call", "letter", "mail", "visit")]
    )
    useless = [
        named(action, [effect("all", 500, 0.4, 0.0)])[0] for action in ("call", "letter", "mail")
    ]

    def help_of_a_visit(rows: list[dict[str, object]]) -> float:
        found = update_priors(priors, pa.Table.from_pylist(rows, schema=EFFECTS))
        return next(
            row["probability_of_help"] for row in found.to_pylist() if row["action_id"] == "visit"
        )

    assert help_of_a_visit([]) == pytest.approx(0.8 * 0.97725, abs=1e-3)
    assert help_of_a_visit(useless) < 0.5


@pytest.mark.parametrize(
    "rows",
    [
        [("call", None, 0.2, 0.0)],
        [("call", None, None, 0.1)],
        [("call", None, 0.2, 0.1), ("call", None, 0.3, 0.1)],
    ],
)
def test_a_catalogue_without_a_proper_prior_is_refused(
    rows: list[tuple[str, str | None, float, float]],
) -> None:
    with pytest.raises(SchemaError, match="catalogue priors"):
        update_priors(catalogue(rows), EFFECTS.empty_table(), EffectSettings())
