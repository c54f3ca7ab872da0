"""The models on Apache Spark.

DuckDB's dialect remains the one in which each model is written, so no model is written twice.
"""
