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
) -> NDArray[np.float64]:
    """Coefficients of shape (k,) that maximise likelihood × prior.

    Newton's steps are halved until the objective falls (Hastie, Tibshirani, Friedman: The Elements
    of Statistical Learning, 2nd ed., section 4.4.1).

    Args:
        columns: predictors of shape (rows, k), with a column of ones for an intercept.
        labels: shape (rows,).
        prior_mean: means of the normal priors, shape (k,).
        prior_precision: their precisions, shape (k,).
    """
    weights = prior_mean.astype(np.float64)
    loss = _loss(weights, columns, labels, prior_mean, prior_precision)
    for _ in range(MAX_STEPS):
        probability = expit(columns @ weights)
        gradient = columns.T @ (probability - labels) + prior_precision * (weights - prior_mean)
        curvature = (columns * (probability * (1 - probability))[:, None]).T @ columns
        step = np.linalg.solve(curvature + np.diag(prior_precision), gradient)
        scale = 1.0
        while (
            new_loss := _loss(weights - scale * step, columns, labels, prior_mean, prior_precision)
        ) > loss and scale > TOLERANCE:
            scale /= 2
        if loss - new_loss <= TOLERANCE * (1 + abs(loss)):
            break
        weights, loss = weights - scale * step, new_loss
    return weights


def _loss(
    weights: NDArray[np.float64],
    columns: NDArray[np.float64],
    labels: NDArray[np.bool_],
    prior_mean: NDArray[np.float64],
    prior_precision: NDArray[np.float64],
) -> float:
    margin = columns @ weights
    misfit = np.logaddexp(0.0, margin).sum() - margin[labels].sum()
    return float(misfit + 0.5 * (prior_precision * (weights - prior_mean) ** 2).sum())
