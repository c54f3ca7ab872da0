"""Asset checks: the checks that block a day's publication or warn about it.

The measurement behind a check does not belong here.
"""
