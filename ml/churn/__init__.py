"""The churn model: preprocessing, trees, calibration, scores and explanations.

The choice of training dates and of hyperparameters does not belong here (`ml/training/`).
"""
