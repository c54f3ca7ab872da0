"""Machine learning of the pipeline: Arrow tables in, Arrow tables out.

Imports run one way: the modules of this folder and `metrics` know nothing else; `purchases`,
`churn`, `value`, `texts`, `segments` and `effects` build on them; then `training`; then
`monitoring` and `cards`; last `registry`, the only importer of MLflow. Dagster, dbt and DuckDB
do not belong here. Importing the package imports nothing heavy: callers import the module they
need.
"""
