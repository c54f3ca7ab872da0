{#-
    Fails for every month and stage in which customers are unaccounted for: entered customers
    advanced, stayed or were lost, customers who stayed are in the stage in the next month, and
    customers who advanced entered a later stage.
-#}
{% test attrition_balances(model) %}
with

following as (
    select
        *,
        lag(stayed, 1, 0) over (partition by stage order by month) as stayed_before,
        sum(entered) over later_stages as entered_later
    from {{ model }}
    window later_stages as (
        partition by month order by stage_no
        rows between 1 following and unbounded following
    )
)

select * from following
where
    entered != advanced + stayed + lost
    or least(entered, advanced, stayed, lost) < 0
    or entered < stayed_before
    or advanced > coalesce(entered_later, 0)
    or attrition_rate is distinct from lost / nullif(entered, 0)
{% endtest %}
