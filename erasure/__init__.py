"""Erasure of a person: everything that a home has of them, and the hashes that keep them away.

Commands and what a terminal shows do not belong here (`cli/`), nor erasures by a source system,
which staging and identity understand (`dbt_project/macros/identity/keys.sql`).
"""
