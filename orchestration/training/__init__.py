"""Training of a deployment's models: when one is due, and the steps from examples to promotion.

Fitting, metrics and the promotion rule do not belong here (`ml/`), nor the assets that call these
functions (`assets/`).
"""
