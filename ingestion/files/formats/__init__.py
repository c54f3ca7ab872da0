"""File formats: the parsing of one CSV, JSON lines, Parquet or Excel file.

Which files are read, and when, does not belong here (`ingestion/files/`).
"""
