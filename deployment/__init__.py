"""A deployment's settings: configuration, home folder, secrets, and the root of known errors.

Code that opens the warehouse, a source or a model does not belong here.
"""
