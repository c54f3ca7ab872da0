"""Tables exchanged with `ml/`: what it reads as Arrow tables, and where its results are kept.

Statistics and models do not belong here (`ml/`), and neither does SQL that dbt can run.
"""
