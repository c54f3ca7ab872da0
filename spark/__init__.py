"""The models on Apache Spark.

DuckDB's dialect remains the one in which each model is written: a model is not written twice.
"""
