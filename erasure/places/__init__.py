"""Places of a home that hold a person: one module each, which lists what it has and deletes it.

Which rows and texts are the person's does not belong here (`erasure/search/`).
"""
