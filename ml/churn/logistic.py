"""Logistic regression with a Gaussian prior of each coefficient, by Newton's method.

scikit-learn's LogisticRegression has one penalty towards zero for all coefficients; calibration and
hazard need a mean and a precision for each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

MAX_STEPS = 100
TOLERANCE = 1e-10


def fit_logistic(
    columns: NDArray[np.float64],
    labels: NDArray[np.bool_],
    prior_mean: NDArray[np.float64],
    prior_precision: NDArray[np.float64],
    row_weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Coefficients of shape (k,) that maximise likelihood × prior.

    Newton's steps are halved until the objective falls (Hastie, Tibshirani, Friedman: The Elements
    of Statistical Learning, 2nd ed., section 4.4.1).

    Args:
        columns: predictors of shape (rows, k), with a column of ones for an intercept.
        labels: shape (rows,).
        prior_mean: means of the normal priors, shape (k,).
        prior_precision: their precisions, shape (k,).
        row_weights: weight of each row in the likelihood, shape (rows,); 1 by default.
    """
    weights = prior_mean.astype(np.float64)
    counts = np.ones(len(labels)) if row_weights is None else row_weights

    def loss_of(tried: NDArray[np.float64]) -> float:
        return _loss(tried, columns, labels, row_weights, prior_mean, prior_precision)

    loss = loss_of(weights)
    for _ in range(MAX_STEPS):
        probability = expit(columns @ weights)
        gradient = columns.T @ (counts * (probability - labels))
        gradient += prior_precision * (weights - prior_mean)
        spread = counts * probability * (1 - probability)
        curvature = (columns * spread[:, None]).T @ columns
        step = np.linalg.solve(curvature + np.diag(prior_precision), gradient)
        scale = 1.0
        while (new_loss := loss_of(weights - scale * step)) > loss and scale > TOLERANCE:
            scale /= 2
        if loss - new_loss <= TOLERANCE * (1 + abs(loss)):
            break
        weights, loss = weights - scale * step, new_loss
    return weights


def _loss(
    weights: NDArray[np.float64],
    columns: NDArray[np.float64],
    labels: NDArray[np.bool_],
    counts: NDArray[np.float64] | None,
    prior_mean: NDArray[np.float64],
    prior_precision: NDArray[np.float64],
) -> float:
    margin = columns @ weights
    if counts is None:
        misfit = np.logaddexp(0.0, margin).sum() - margin[labels].sum()
    else:
        misfit = counts @ (np.logaddexp(0.0, margin) - margin * labels)
    return float(misfit + 0.5 * (prior_precision * (weights - prior_mean) ** 2).sum())
