"""Speed and memory of Holdfast as ratios to a hand-written reference, on a quiet machine.

Timed tests do not belong in `tests/`, and the accuracy of models does not belong here.
"""
