with final as (
    select cast(unnest(generate_series(
        date '{{ var('first_date') }}',
        date '{{ var('first_date') }}' + interval 30 year,
        interval 1 day
    )) as date) as date_day
)

select * from final
