"""Drift statistics: distributions of features at training and at scoring.

The decision to block a day does not belong here (`orchestration/drift/`).
"""
