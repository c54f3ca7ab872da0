"""The churn model: Arrow tables in, Arrow tables out.

Nothing here knows Dagster, dbt or DuckDB, and only `registry` knows MLflow. Importing the package
imports nothing heavy: callers import the module they need.
"""
