"""Simulation: the demo company run forward for a year of decisions under competing policies.

What the company does not know (both potential outcomes) is used by the oracle and by the valuation
only. The pipeline's code does not belong here, and no other package but `cli` imports this one.
"""
