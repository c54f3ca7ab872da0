"""`holdfast connect`: profiles an unknown source, proposes a mapping and drafts its staging models.

The daily extraction does not belong here.
"""
