"""Extraction of one source by its kind: new rows are read and landed, in one transaction.

Access to a source does not belong here (`files/`, `databases/`, `apis/`), nor do the raw tables
(`landing/`).
"""
