"""Runtime: jobs run in this process, the Dagster instance, its event log, and dbt.

Definitions of assets, checks and jobs do not belong here.
"""
