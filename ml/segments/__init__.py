"""Customer groups: behaviour clusters, and the groups by which a model is evaluated.

Rule-based segments do not belong here: they are SQL in `dbt_project/`.
"""
