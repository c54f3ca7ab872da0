"""Apache Superset: a bundle to import, its generator and a local server.

`python -m bi.superset` writes `bundle/` from `datasets.yml`, `dashboards/` and the dbt project.
Metrics are defined in dbt (`dbt_project/models/metrics/`) and do not belong here.
"""
