"""Churn model: time split, preprocessing, boosting, calibration, hazard, scores, explanations.

Fitting of the whole model, tuning and evaluation do not belong here (`ml/training/`).
"""
