with days as (
    select range as date_day
    from
        range(
            date '{{ var("first_date") }}',
            date '{{ var("first_date") }}' + interval 30 year,
            interval 1 day
        )
),

final as (
    select cast(date_day as date) as date_day
    from days
)

select * from final
