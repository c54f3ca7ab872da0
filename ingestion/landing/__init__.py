"""Raw tables and their ledger: loads, validity of rows, and changes of columns.

Access to a source does not belong here.
"""
