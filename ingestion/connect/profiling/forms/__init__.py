"""Forms in which values are written: times, numbers and ids, and the SQL that reads each form.

The choice of a column's type by them does not belong here (`profiling/value_types.py`).
"""
