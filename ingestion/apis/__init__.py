"""JSON APIs over HTTP: requests, pages, records and how far each resource has been read.

The comparison with rows already loaded does not belong here (`ingestion/landing/`).
"""
