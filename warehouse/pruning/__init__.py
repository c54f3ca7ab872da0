"""Removal of rows because of their age, and the account of what was removed."""
