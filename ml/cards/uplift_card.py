"""Model card of an uplift learner: intended use, data, figures of the later period, and limits.

The text is in `templates/uplift_card.md.jinja`; here are its figures and plots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.cards.markdown import render_markdown
from ml.cards.plots import ACCENT, INK, QUIET, new_figure, png_bytes, set_title
from ml.uplift.offline_value import Valuation
from ml.uplift.uplift_learner import LEAST_CUSTOMERS
from ml.uplift.uplift_training import UpliftTraining


@dataclass(frozen=True)
class UpliftCard:
    """A model card.

    Attributes:
        markdown: the text.
        plots: PNG bytes by name, the Qini curve and the uplift by decile.
    """

    markdown: str
    plots: Mapping[str, bytes]

    @classmethod
    def of(
        cls, training: UpliftTraining, valuation: Valuation | None, reasons: list[str]
    ) -> UpliftCard:
        """The card of a training.

        Args:
            training: the learner with its figures.
            valuation: of a rule with the learner on logged decisions, if it was valued.
            reasons: of the decision about the learner, as sentences.
        """
        markdown = render_markdown(
            "uplift_card.md.jinja",
            training=training,
            result=training.result,
            metrics=training.metrics,
            deciles=training.result.deciles.to_pylist(),
            valuation=valuation,
            reasons=reasons,
            features=len(training.result.learner.preprocessor.columns),
            least_customers=LEAST_CUSTOMERS,
        )
        plots = {"qini": qini_plot(training), "deciles": decile_plot(training)}
        return cls(markdown, plots)


def qini_plot(training: UpliftTraining) -> bytes:
    """Customers kept per 100 by the share treated, in the learner's order and in a random one."""
    curve = training.result.curve
    figure, axes = new_figure()
    share = curve["treated_share"].to_numpy()
    axes.plot(share, 100 * curve["gain"].to_numpy(), color=ACCENT, linewidth=2.2, label="learner")
    axes.plot(
        share,
        100 * curve["random_gain"].to_numpy(),
        color=QUIET,
        linestyle="--",
        label="random order",
    )
    set_title(axes, f"Qini curve of {training.action_id}, from {training.period.starts_on}")
    axes.set_xlabel("share of customers treated, highest predicted uplift first")
    axes.set_ylabel("customers kept per 100 customers")
    axes.legend(frameon=False, loc="lower right")
    return png_bytes(figure)


def decile_plot(training: UpliftTraining) -> bytes:
    """Predicted and measured uplift of each tenth of the customers, with 95 % intervals."""
    deciles = training.result.deciles
    number, predicted, found, low, high = (
        deciles[name].to_numpy()
        for name in ("decile", "predicted_uplift", "uplift", "uplift_low", "uplift_high")
    )
    figure, axes = new_figure()
    axes.axhline(0, color=QUIET, linewidth=0.8)
    axes.errorbar(
        number,
        found,
        yerr=np.nan_to_num(np.stack([found - low, high - found])),
        fmt="o",
        color=INK,
        label="measured, 95 % interval",
    )
    axes.plot(number, predicted, color=ACCENT, label="predicted")
    set_title(axes, f"Uplift by decile of {training.action_id}, from {training.period.starts_on}")
    axes.set_xlabel("tenth of the customers, highest predicted uplift first")
    axes.set_ylabel("uplift in the probability of retention")
    axes.legend(frameon=False)
    return png_bytes(figure)
