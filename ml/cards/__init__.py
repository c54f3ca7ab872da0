"""Model cards: plots, tables and pages that describe a trained model.

The computation of a metric does not belong here (`ml/metrics/`).
"""
