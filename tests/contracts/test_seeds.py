"""The catalogues that come with the code: keys that are keys, and words from the fixed lists."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ml.schemas import CAUSES

SEEDS = Path(__file__).parent.parent.parent / "dbt_project" / "seeds"
KEYS = {
    "currencies": ("currency",),
    "given_names": ("short_name",),
    "mailbox_words": ("word",),
    "mail_providers": ("domain",),
    "placeholder_keys": ("key_type", "key_value"),
    "feature_catalogue": ("feature",),
    "topic_causes": ("pattern",),
    "action_catalogue": ("action_id",),
    "alarm_catalogue": ("metric", "segment"),
    "cause_catalogue": ("cause",),
    "warning_catalogue": ("signal",),
    "reason_words": ("word",),
}


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_seed_has_a_key_here() -> None:
    assert {path.stem for path in SEEDS.glob("*.csv")} == set(KEYS)


@pytest.mark.parametrize("seed", KEYS)
def test_a_key_is_known_and_stands_once(seed: str) -> None:
    keys = [tuple(row[column] for column in KEYS[seed]) for row in rows(seed)]
    assert all(all(key) for key in keys)
    assert len(keys) == len(set(keys))


def test_a_topic_speaks_for_one_of_the_causes() -> None:
    assert {row["cause"] for row in rows("topic_causes")} <= {*CAUSES}


def test_every_cause_has_its_place_in_the_catalogue() -> None:
    assert [row["cause"] for row in rows("cause_catalogue")] == [*CAUSES]
    assert all(0 <= float(row["influence"]) <= 1 for row in rows("cause_catalogue"))


def test_an_action_answers_a_cause_or_none_and_its_shares_and_costs_are_possible() -> None:
    for row in rows("action_catalogue"):
        assert row["answers_cause"] in {*CAUSES, ""}
        assert row["channel"] in {"email", "phone", "post"}
        assert row["consent_purpose"] in {"marketing", "service"}
        for share in ("redemption_order_share", "redemption_rate"):
            assert 0 <= float(row[share]) <= 1
        for share in ("save_share", "other_save_share"):
            assert -1 <= float(row[share]) <= 1
            assert float(row[f"{share}_sd"]) > 0
        for amount in ("contact_cost", "redemption_amount", "capacity_a_day"):
            assert float(row[amount]) >= 0
        assert min(int(row["cool_down_days"]), int(row["valid_days"])) > 0
        assert all(row[text] for text in ("label_en", "why_en", "label_zh", "why_zh"))


def test_a_feature_stands_for_a_cause_a_topic_and_a_sign() -> None:
    catalogue = rows("feature_catalogue")
    assert {row["cause"] for row in catalogue} <= {*CAUSES, ""}
    assert {row["risk_sign"] for row in catalogue} <= {"-1", "0", "1"}
    assert all(row["topic"] for row in catalogue)


def test_a_warning_speaks_of_a_cause_or_none_and_all_four_axes_have_some() -> None:
    catalogue = rows("warning_catalogue")
    assert {row["cause"] for row in catalogue} <= {*CAUSES, ""}
    assert {row["axis"] for row in catalogue} == {
        "activity_falling",
        "behaviour_anomaly",
        "negative_emotion",
        "needs_changing",
    }


def test_the_evidence_has_the_published_columns_alone_and_the_same_in_each_language() -> None:
    for row in rows("warning_catalogue"):
        named = [set(re.findall(r"\{(.*?)\}", row[f"evidence_{each}"])) for each in ("en", "zh")]
        assert named[0] == named[1], row["signal"]
        columns = {name.split(":")[0] for name in named[0]}
        assert columns <= {"observed", "expected", "period_days", "category"}, row["signal"]
