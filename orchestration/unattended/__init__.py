"""Unattended operation: days that were missed, faults of a deployment, and their alerts.

Schedules and sensors do not belong here (`automation.py`), nor the sending of messages (`alerts/`).
"""
