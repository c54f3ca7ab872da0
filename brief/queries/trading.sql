-- Orders of each of the last eight weeks, and net revenue.
-- key: week_end
select
    $day - 7 * ((($day - day) // 7)::integer) as week_end,
    (sum(total) filter (metric = 'orders'))::bigint as orders,
    sum(total) filter (metric = 'net_revenue') as net_revenue
from marts.daily_totals
where day > $day - 56 and day <= $day
group by week_end
having count(distinct day) = 7 and count(*) filter (metric = 'orders') > 0
order by week_end
