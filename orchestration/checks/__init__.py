"""Checks: blocking asset checks that compare a run with what earlier runs left.

A condition on one table alone does not belong here: it is a test of the dbt project, and blocks
just the same. Queries and decisions are in `warehouse/` and `drift/`.
"""
