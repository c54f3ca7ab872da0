"""Training: time split, tuning, leakage check, baselines and the evaluation on the holdout.

Storage and promotion of the result do not belong here (`ml/registry/`).
"""
