"""The published file: its tables, and how a version of it is written and put in place.

Which day is published does not belong here (`orchestration/`).
"""
