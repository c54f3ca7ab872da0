"""Buy-till-you-die models of purchase histories (BG/NBD, MBG/NBD) and the features they give.

Spending and customer value do not belong here (`ml/value/`).
"""
