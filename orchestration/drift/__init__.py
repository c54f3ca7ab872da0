"""Feature drift of a deployment: its measurement on a date, and the decision to block publication.

Statistics do not belong here (`ml/monitoring/`).
"""
