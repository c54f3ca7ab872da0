"""Types of all expressions of a statement, as DuckDB gives them.

Nothing here changes a statement, and no row is read.
"""
