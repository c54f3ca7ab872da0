"""Orchestration: Dagster's assets, checks, jobs, schedules and resources of a deployment.

Business definitions do not belong here (`dbt_project/`), nor models and statistics (`ml/`), SQL on
the warehouse (`warehouse/`) or output to a terminal (`cli/`, which this package does not import).
"""
