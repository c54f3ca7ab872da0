"""Removal of rows because of their age, and its account. Erasure of a person is not here."""
