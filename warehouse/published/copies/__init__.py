"""Copies of the published tables beside the DuckDB file: a PostgreSQL schema, a Parquet folder.

Each is written from the published file after its publication, and replaced as a whole. Which tables
are published does not belong here (`warehouse/published/`), nor do actions with their contacts
(`warehouse/hand_over/`).
"""
