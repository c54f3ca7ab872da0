"""Shapley values of gradient-boosted trees, from tables that are computed once for a booster.

Which contributions are explained to whom does not belong here (`ml/churn/explain.py`).
"""
