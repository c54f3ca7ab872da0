"""All compiled models of a home on Spark beside DuckDB: `python -m tests.spark_models HOME [MODEL …]`."""
