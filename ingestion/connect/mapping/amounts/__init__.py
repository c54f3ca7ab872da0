"""Amounts of an order: its payments or lines added up, and amounts in the smallest unit.

The reading of a number's text does not belong here (`profiling/forms/`).
"""
