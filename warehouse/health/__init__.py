"""State of a home: faults of the machine, damaged files, and published days that are lost.

Nothing is repaired here, and not what a run does about a state that it finds (`orchestration/`).
"""
