"""Model cards: templates, plots and the HTML page that describe a trained model.

The computation of a metric does not belong here (`ml/metrics/`).
"""
