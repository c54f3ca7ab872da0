"""Mapping of tables to canonical entities and of columns to canonical columns, with the evidence.

The text of a model or of YAML does not belong here (`drafts/`).
"""
