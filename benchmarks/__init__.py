"""What Holdfast costs beyond the same work as hand-written SQL and XGBoost in one process."""
