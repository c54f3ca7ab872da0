"""Command line: commands, and their output in the terminal.

Work of scheduled runs does not belong here (`orchestration/`).
"""
