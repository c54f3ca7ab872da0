"""Raw tables and their ledger: what was loaded, its validity, and changes of columns.

Access to a source does not belong here.
"""
