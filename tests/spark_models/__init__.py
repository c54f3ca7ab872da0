"""Compiled models of a home in both engines: `python -m tests.spark_models HOME [MODEL …]`."""
