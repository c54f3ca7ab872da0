"""Text models: sentiment and topic of what customers write, and the terms of complaints.

Which texts are read on which date does not belong here (`warehouse/text_tables.py`).
"""
