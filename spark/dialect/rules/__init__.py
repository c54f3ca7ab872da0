"""Rules of single expressions: each takes a node of DuckDB's tree, its parts done, and gives Spark's.

A rule returns None where the node stays; its parts may have been set anew.
"""
