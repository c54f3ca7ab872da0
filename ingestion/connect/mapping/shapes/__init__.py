"""Entities found by the shape of a table: which values repeat, and which determine others.

The matching of columns by their names does not belong here (`mapping/`): names are evidence only
where two columns have the same shape.
"""
