"""Origins of an unknown source: a folder, an object store, a database or an API, read as a catalog.

Interpretation of the tables does not belong here (`mapping/`).
"""
