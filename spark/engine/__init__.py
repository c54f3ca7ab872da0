"""Builds of single models on Spark: the session, what a statement reads, and the files it gives.

Translating a statement does not belong here (`spark/dialect/`), nor which models run on Spark
(`dbt_project/`).
"""
