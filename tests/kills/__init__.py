"""Commands killed at random moments, and what the next run makes of each home.

Tests of kills between two given steps do not belong here; they stand beside the code they test.
"""
