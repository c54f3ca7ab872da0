-- One row a day; `day_no` 0 is the first date. Behaviour is simulated in local days and local
-- seconds, and converted to each system's own time on export. No event falls between midnight
-- and 06:30, when clocks change, so one offset a day is exact.
create or replace table calendar as
with days as (
    select
        day_no::integer as day_no,
        getvariable('first_date') + day_no::integer as local_date,
    from range(-2000, getvariable('days') + 400) as numbers (day_no)
)

select
    day_no,
    local_date,
    epoch_us(local_date::timestamp) as midnight_us,
    epoch_us(local_date::timestamp + interval 12 hour)
    - epoch_us(timezone(getvariable('time_zone'), local_date::timestamp + interval 12 hour))
        as utc_offset_us,
    -- Probability that an occasion becomes an order: highest before Christmas, lowest in January.
    case month(local_date)
        when 12 then case when day(local_date) <= 23 then 1.0 else 0.45 end
        when 11 then 0.95
        when 1 then 0.62
        when 2 then 0.66
        when 7 then 0.68
        when 8 then 0.66
        else 0.76
    end as season,
from days;

-- Microseconds since midnight, from 06:30 to 23:45, most of it in the evening.
create or replace macro second_of_day_us(share) as
    (23400 + floor(62100 * (1 - (1 - share) * (1 - 0.45 * share))))::bigint * 1000000;
