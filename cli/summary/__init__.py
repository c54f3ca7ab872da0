"""Summary of a published day: what the terminal prints after a run.

Figures that a run computes do not belong here; all are read from the published file.
"""
