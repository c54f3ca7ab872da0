-- Accuracy expected of today's predictions, before their outcomes are known.
select
    estimated_roc_auc,
    estimated_roc_auc_low,
    estimated_roc_auc_high,
    outside_reference_share
from feedback.performance_estimates_daily
where snapshot_date = $day and estimated_roc_auc is not null
