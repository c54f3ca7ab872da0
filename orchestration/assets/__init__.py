"""Assets: one module a group of steps, each a function that connects resources and reports.

SQL, statistics and file formats do not belong here: an asset calls `warehouse/`, `ml/`,
`ingestion/` or `orchestration/training/` for them.
"""
