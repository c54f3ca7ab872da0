"""Dashboards for BI tools, from dbt contracts and metrics; not what a run writes or publishes."""
