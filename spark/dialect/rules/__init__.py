"""Rules of single expressions: a node of DuckDB's tree, its parts done, becomes one of Spark's.

A rule returns None where the node stays; its parts may have been set anew. Shapes of whole queries
do not belong here, and a rule asks no engine: the types are noted before.
"""
