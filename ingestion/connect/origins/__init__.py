"""Origins of an unknown source: a folder, an object store, a database or an API, offered as tables.

Interpretation of the tables does not belong here (`mapping/`).
"""
