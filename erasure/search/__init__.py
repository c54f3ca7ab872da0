"""Search for a person: who they are, which delivered rows and which rows of tables are theirs.

Deleting what is found does not belong here (`erasure/places/`).
"""
