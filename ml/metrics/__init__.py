"""Metrics of labels and scores: ranking, calibration, profit, slices, tiers and intervals.

Code that reads a model or a feature does not belong here (`ml/training/`).
"""
