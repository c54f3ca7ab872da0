"""Limits of a run on this machine: memory, threads and spill folder, and what gives memory back.

Opening a file with them does not belong here (`warehouse/`, `orchestration/runtime/dbt.py`).
"""
