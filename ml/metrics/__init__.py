"""Metrics: ranking, calibration, profit, slices, tiers and their intervals.

A metric here knows labels and scores, never a model.
"""
