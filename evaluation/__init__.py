"""Accuracy of the models: peers on public data, and the planted truth of the demo company.

Tests of the code do not belong here, nor do speed and memory (`benchmarks/`).
"""
