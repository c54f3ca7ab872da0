-- Facts on which the predictions are based, by how far they moved from those of the training.
select
    count(*) filter (level is not null) as compared,
    count(*) filter (level = 'watch') as watch,
    count(*) filter (level = 'shifted') as shifted
from feedback.drift_daily
where snapshot_date = $day
