"""Dashboards for BI tools, from the dbt contracts and metrics; not what a run writes or publishes."""
