"""Alerts: faults of a deployment, sent once when they begin and once when they are over.

Knowing faults from Dagster's runs does not belong here (`orchestration/unattended/`).
"""
