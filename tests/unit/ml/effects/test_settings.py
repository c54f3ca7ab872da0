from __future__ import annotations

from typing import Any

import pytest

from ml.effects.settings import EffectSettings
from ml.errors import ModelError


def test_an_action_has_its_planned_share_or_the_default() -> None:
    settings = EffectSettings({"call": 0.3}, default_planned_save_share=0.05)

    assert (settings.planned_save_share("call"), settings.planned_save_share("mail")) == (0.3, 0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        {"power": 1.0},
        {"false_discoveries": 0.0},
        {"catalogue_doubt": 1.0},
        {"useless_share": 1.0},
        {"planned_save_shares": {"call": 1.5}},
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(
        ModelError, match=r"power|false_discoveries|catalogue_doubt|useless_share|call"
    ):
        EffectSettings(**wrong)
