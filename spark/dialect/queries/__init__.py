"""Shapes of queries that Spark does not have, written as those that it has."""
