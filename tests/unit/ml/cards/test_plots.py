from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from ml.cards.plots import calibration_plot, profit_plot
from ml.economics import PAPER_ECONOMICS
from ml.metrics.intervals import wilson_interval
from ml.metrics.profit import empc, profit_curve
from ml.training.training_result import TrainingResult


def test_the_calibration_plot_draws_wilson_s_interval_of_each_bin(
    result: TrainingResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, Any] = {}
    original = Axes.errorbar

    def spy(axes: Axes, *args: Any, **kwargs: Any) -> Any:
        drawn.update(kwargs, x=args[0], y=args[1])
        return original(axes, *args, **kwargs)

    monkeypatch.setattr(Axes, "errorbar", spy)
    png = calibration_plot(result)

    assert png.startswith(b"\x89PNG")
    assert len(drawn["x"]) == 10
    # The riskiest tenth by hand: forty customers of 400 are a bin.
    riskiest = np.argsort(result.holdout_probabilities)[-40:]
    found = wilson_interval(int(result.holdout_labels[riskiest].sum()), 40)
    below, above = (ends[-1] for ends in drawn["yerr"])
    assert drawn["y"][-1] == pytest.approx(found.estimate)
    assert (drawn["y"][-1] - below, drawn["y"][-1] + above) == pytest.approx(
        (found.low, found.high)
    )


def test_the_profit_plot_draws_the_model_s_curve_and_the_share_to_address(
    result: TrainingResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth = empc(result.holdout_labels, result.holdout_probabilities, PAPER_ECONOMICS)
    curves: dict[str, Any] = {}
    lines: list[float] = []
    plot, axvline = Axes.plot, Axes.axvline
    monkeypatch.setattr(
        Axes, "plot", lambda axes, *a, **k: curves.update({k["label"]: a}) or plot(axes, *a, **k)
    )
    monkeypatch.setattr(
        Axes, "axvline", lambda axes, x, **k: lines.append(x) or axvline(axes, x, **k)
    )

    assert profit_plot(result, worth).startswith(b"\x89PNG")

    expected = profit_curve(result.holdout_labels, result.holdout_probabilities, PAPER_ECONOMICS)
    np.testing.assert_array_equal(curves["model"], expected)
    assert {"model", "recency", "bg_nbd"} <= set(curves)
    assert lines == [worth.fraction]
