"""Model registry: versions stored in MLflow, promotion and rollback.

This is the only folder that imports mlflow; training does not belong here.
"""
