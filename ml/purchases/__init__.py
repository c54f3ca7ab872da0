"""Purchase-process models (BG/NBD and its relatives) and the features made of them.

The value of a customer does not belong here (`ml/value/`).
"""
