"""Profiles of tables and columns: types, keys, references, vocabularies and known names.

The choice of an entity for a table does not belong here (`mapping/`).
"""
