"""Monitoring: drift of features and scores against the distribution in training.

Decisions about drift, such as the gate of a day, do not belong here (`orchestration/drift/`).
"""
