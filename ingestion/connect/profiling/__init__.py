"""Profiles of tables and columns: types, keys, values and known column names.

The choice of an entity for a table does not belong here (`mapping/`).
"""
