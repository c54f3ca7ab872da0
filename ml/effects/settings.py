"""Settings of the measurement of effects and of the learning of priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml.errors import ModelError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class EffectSettings:
    """Settings of `measure_effects` and `update_priors`.

    `planned_save_shares` maps an action to the share of would-be churned customers whom it was
    planned to keep; `default_planned_save_share` holds for every other action. `false_discoveries`
    is the share of wrong claims among the segments of a period. `power` is the chance of seeing the
    planned effect. Below `sample_ratio_threshold` the arms do not have their planned shares; .001
    is the usual threshold of this check. `shared_prior_share` is the part of a prior's variance
    that the causes of one action share. `catalogue_doubt` is the probability, before any evidence,
    that the catalogue is wrong about an action. `useless_share` is the share of actions that is
    expected, before any evidence, to change nothing; with 0 every action does something
    (`ml.effects.priors`).

    Raises:
        ModelError: a setting is outside its range; the message names it.
    """

    planned_save_shares: Mapping[str, float] = field(default_factory=dict)
    default_planned_save_share: float = 0.1
    false_discoveries: float = 0.05
    power: float = 0.8
    sample_ratio_threshold: float = 0.001
    shared_prior_share: float = 0.5
    catalogue_doubt: float = 0.1
    useless_share: float = 0.2

    def __post_init__(self) -> None:
        """Check the ranges of the settings."""
        for name in ("false_discoveries", "power", "sample_ratio_threshold", "shared_prior_share"):
            if not 0 < getattr(self, name) < 1:
                raise ModelError(f"{name}: expected between 0 and 1, found {getattr(self, name)}")
        for name in ("catalogue_doubt", "useless_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ModelError(f"{name}: expected 0 to below 1, found {getattr(self, name)}")
        shares = {"default": self.default_planned_save_share, **self.planned_save_shares}
        for action, share in shares.items():
            if not -1 <= share <= 1:
                raise ModelError(f"planned save share of {action}: expected -1 to 1, found {share}")

    def planned_save_share(self, action: str) -> float:
        """Share of would-be churned customers whom the action was planned to keep."""
        return self.planned_save_shares.get(action, self.default_planned_save_share)
