"""Level of churn: how many customers will churn, as a forecast of its own.

Which of them will churn does not belong here (`ml/churn/`).
"""
