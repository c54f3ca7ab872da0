"""Staging models run on a sample of delivered rows, and the shares of values that they lose.

A run's own build by dbt does not belong here, nor does any row's value in a message.
"""
