"""The models on Apache Spark: DuckDB remains the dialect in which each model is written."""
