"""Homes of earlier releases, each made by its commit, packed, and opened by today's code."""
