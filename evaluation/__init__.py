"""Evaluation of the models on public data and on planted truth; a tool for developers.

Code that the pipeline imports does not belong here.
"""
