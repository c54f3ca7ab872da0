"""Types of all expressions of a statement, as DuckDB gives them."""
