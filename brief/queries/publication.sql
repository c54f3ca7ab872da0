-- Company, latest day and model of the published file.
select
    company,
    as_of_date,
    model_version,
    as_of_date > $day as is_past
from ops.publication
