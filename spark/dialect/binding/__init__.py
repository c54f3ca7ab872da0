"""Types of all expressions of a statement, as DuckDB gives them.

A change of the statement does not belong here, and no row is read.
"""
