"""The working DuckDB file: connection, schema, transactions, publication, tables for `ml`.

Reading a source does not belong here (`ingestion/`), nor does a business rule (`dbt_project/`).
"""
