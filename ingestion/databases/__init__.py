"""Databases: a consistent snapshot of the tables, streamed as Arrow batches.

Comparing rows with those already loaded does not belong here (`ingestion/landing/`).
"""
