"""Entities found by the shape of a table: which values repeat, and which determine others.

Names of columns and tables are evidence here only where two columns have the same shape.
"""
