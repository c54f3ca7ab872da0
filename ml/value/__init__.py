"""Customer value: expected purchases times expected spending, and the trees that correct them.

The probability of churn does not belong here (`ml/churn/`).
"""
