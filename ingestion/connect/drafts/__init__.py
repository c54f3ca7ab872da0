"""Drafted files by Jinja2 templates: the configuration entry, the staging SQL and its YAML.

Decisions on the meaning of a column do not belong here (`mapping/`).
"""
