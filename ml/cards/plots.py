"""Plots of a trained model as PNG bytes, without a display, global state or files."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml.metrics.calibration import calibration_curve
from ml.metrics.intervals import wilson_interval
from ml.metrics.profit import ExpectedProfit, profit_curve
from ml.metrics.ranking import cumulative_gains
from ml.training.training_result import TrainingResult

INK, ACCENT, QUIET = "#22313f", "#0b7a75", "#9aa5b1"
TOP_FEATURES = 20


def all_plots(result: TrainingResult) -> dict[str, bytes]:
    """PNG bytes of every plot, by its file name without the extension."""
    return {
        "lift": lift_plot(result),
        "calibration": calibration_plot(result),
        "features": feature_plot(result),
        "scores": score_histogram(result.holdout_probabilities),
        "profit": profit_plot(result, result.empc),
    }


def lift_plot(result: TrainingResult) -> bytes:
    """Cumulative gains of the model and the baselines: churned customers found by list length."""
    labels = result.holdout_labels
    figure, axes = new_figure()
    for peer in result.baselines:
        if peer.probabilities is not None:
            gains = cumulative_gains(labels, peer.probabilities)
            axes.plot(*gains, label=peer.name, linewidth=1.2)
    axes.plot(
        *cumulative_gains(labels, result.holdout_probabilities),
        label="model",
        color=ACCENT,
        linewidth=2.2,
    )
    axes.plot([0, labels.mean(), 1], [0, 1, 1], color=QUIET, linestyle=":", label="perfect")
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", label="random order")
    set_title(axes, f"Cumulative gains, holdout {result.split.holdout}")
    axes.set_xlabel("share of customers addressed, riskiest first")
    axes.set_ylabel("share of churned customers found")
    axes.legend(frameon=False, loc="lower right")
    return png_bytes(figure)


def calibration_plot(result: TrainingResult) -> bytes:
    """Predicted and observed churn in ten bins of equal size, with Wilson's 95 % intervals."""
    figure, axes = new_figure()
    predicted, observed, customers = calibration_curve(
        result.holdout_labels, result.holdout_probabilities
    )
    intervals = [
        wilson_interval(float(share * size), int(size))
        for share, size in zip(observed, customers, strict=True)
    ]
    below = [interval.estimate - interval.low for interval in intervals]
    above = [interval.high - interval.estimate for interval in intervals]
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", label="perfectly calibrated")
    axes.errorbar(
        predicted,
        observed,
        yerr=[below, above],
        color=ACCENT,
        marker="o",
        capsize=3,
        label="a tenth of customers, 95 % interval",
    )
    set_title(axes, f"Calibration, holdout {result.split.holdout}")
    axes.set_xlabel("mean predicted churn probability")
    axes.set_ylabel("observed churn rate")
    axes.legend(frameon=False, loc="upper left")
    return png_bytes(figure)


def profit_plot(result: TrainingResult, worth: ExpectedProfit) -> bytes:
    """Profit of the model and the baselines by the share of customers who receive an offer.

    Customers are in order of risk, and the acceptance rate is its mean. The vertical line is the
    share to address, `worth.fraction`.
    """
    figure, axes = new_figure()
    labels = result.holdout_labels
    for peer in result.baselines:
        if peer.probabilities is not None:
            curve = profit_curve(labels, peer.probabilities, worth.economics)
            axes.plot(*curve, label=peer.name, linewidth=1.2)
    axes.plot(
        *profit_curve(labels, result.holdout_probabilities, worth.economics),
        label="model",
        color=ACCENT,
        linewidth=2.2,
    )
    axes.axhline(0, color=QUIET, linestyle="--", label="no offers")
    axes.axvline(worth.fraction, color=QUIET, linestyle=":", label="share to address")
    set_title(axes, f"Profit of offers, holdout {result.split.holdout}")
    axes.set_xlabel("share of customers with an offer, riskiest first")
    axes.set_ylabel("expected profit per customer")
    axes.legend(frameon=False)
    return png_bytes(figure)


def feature_plot(result: TrainingResult) -> bytes:
    """Feature importance: the 20 largest mean absolute contributions, in per cent of all."""
    top = list(result.feature_shares.items())[:TOP_FEATURES][::-1]
    figure, axes = new_figure(height=0.8 + 0.24 * max(len(top), 1))
    axes.barh([name for name, _ in top], [100 * gain for _, gain in top], color=ACCENT)
    set_title(axes, "Feature importance")
    axes.set_xlabel("share of mean absolute contributions, %")
    return png_bytes(figure)


def score_histogram(probabilities: NDArray[np.float64]) -> bytes:
    """Histogram of the churn probabilities, shape (customers,), in 20 equal bins."""
    figure, axes = new_figure()
    axes.hist(probabilities, bins=20, range=(0, 1), color=ACCENT, edgecolor="white")
    set_title(axes, "Churn probability")
    axes.set_xlabel("churn probability")
    axes.set_ylabel("customers")
    return png_bytes(figure)


def new_figure(height: float = 4.0) -> tuple[Figure, Axes]:
    """An empty figure of 6 inches' width in the style of all cards, and its axes."""
    figure = Figure(figsize=(6.0, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def set_title(axes: Axes, text: str) -> None:
    """Set the title of a plot in the style of all cards."""
    axes.set_title(text, loc="left", color=INK, fontweight="bold")


def png_bytes(figure: Figure) -> bytes:
    """A figure as a PNG file; equal figures give equal bytes."""
    buffer = BytesIO()
    # Without matplotlib's version in the file, equal results have equal bytes.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
