"""Text model: sentiment and topic of customers' texts, and terms and examples of complaints.

SQL over the warehouse's texts does not belong here (`warehouse/ml_tables/text_tables.py`), and
neither does the model card (`ml/cards/`).
"""
