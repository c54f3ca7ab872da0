"""Training of the churn model: leakage check, fitting, tuning, baselines and evaluation.

The parts of the model do not belong here (`ml/churn/`), nor do storage and promotion
(`ml/registry/`).
"""
