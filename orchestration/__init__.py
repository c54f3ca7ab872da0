"""Dagster, and nothing but orchestration: what runs, when, on which state, and with what result.

SQL belongs in `dbt_project/`, learning and scoring in `ml/`, which must not import this package.
"""
