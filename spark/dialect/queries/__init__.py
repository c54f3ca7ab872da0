"""Shapes of queries that Spark does not have, written as those that it has.

Single expressions do not belong here: `rules` has them.
"""
