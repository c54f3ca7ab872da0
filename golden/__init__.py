"""Comparison of two trees by their results: every published table and stored score, row by row.

Tests of a rule do not belong here, and nothing here imports the project's other packages.
"""
