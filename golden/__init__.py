"""Proof that a change of structure changes no figure: each table of two trees, row by row."""
