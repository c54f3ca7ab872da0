"""Model registry: versions in MLflow, promotion gate and rollback; the only importer of MLflow.

Training and evaluation do not belong here (`ml/training/`).
"""
