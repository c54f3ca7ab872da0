"""Drafted files: the configuration entry, the staging SQL and its YAML.

Decisions on what a column means do not belong here (`mapping/`).
"""
