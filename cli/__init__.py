"""The command line: one command a function, and what a terminal shows.

Work that a scheduled run does too does not belong here (`orchestration/`).
"""
