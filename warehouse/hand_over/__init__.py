"""The hand-over: published actions as files, in a PostgreSQL table and at an HTTP endpoint.

Contacts leave the warehouse here and nowhere else. Which action a customer gets does not belong
here (`ml/decisions/`), nor what a delivery achieved (`dbt_project/models/experiments/`).
"""
