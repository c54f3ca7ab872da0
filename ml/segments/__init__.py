"""Groups of customers: behaviour clusters, and the slices by which a model is evaluated.

Rule-based segments such as the lifecycle stage do not belong here: they are SQL in `dbt_project/`.
"""
