{#-
    Retention of customers and waiting time of one-time buyers, as of the as-of date: Kaplan and
    Meier's estimates by day, for all and by acquisition channel and plan. A customer is lost
    after eligible_days without a purchase; a customer who returned is not lost.
-#}
{%- set keys = ['curve', 'dimension', 'group_name'] -%}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ ids_as_of() }}
),

customers as (
    select
        identities.customer_no,
        known.acquisition_channel,
        known.plan
    from {{ ref('dim_customers') }} as known
    inner join identities on known.customer_id = identities.customer_id
    where known.acquisition_channel is not null or known.plan is not null
),
{% if var('churn_kind') == 'contractual' %}
waits as (
    select
        'retention' as curve,
        customer_no,
        min(started_on) as first_on,
        case when count(ended_on) = count(*) then max(ended_on) end as happened_on
    from {{ ref('int_customer_contracts') }}
    where not is_trial
    group by customer_no
),
{% else %}
{%- set first_purchases = first_purchases_from(ref('int_customer_purchases'), 'purchased_on') %}
waits as (
    select
        'retention' as curve,
        customer_no,
        first_on,
        lost_on as happened_on
    from {{ ref('int_customer_purchases') }}
    where next_on is null and first_on >= {{ first_purchases }}
    union all
    select
        'second_purchase' as curve,
        customer_no,
        first_on,
        next_on as happened_on
    from {{ ref('int_customer_purchases') }}
    where purchase_no = 1 and first_on >= {{ first_purchases }}
),
{% endif %}
dimensions (dimension) as (
    values ('all'), ('acquisition_channel'), ('plan')
),

observed_waits as (
    select
        waits.curve,
        dimensions.dimension,
        case dimensions.dimension
            when 'acquisition_channel' then customers.acquisition_channel
            when 'plan' then customers.plan
            else 'all'
        end as group_name,
        coalesce(waits.happened_on, as_of.as_of_date) - waits.first_on as days,
        waits.happened_on is not null as has_happened
    from waits
    cross join as_of
    cross join dimensions
    left join customers using (customer_no)
),

-- Customers with an unknown channel or plan are only in the curve of all.
counts as (
    select
        {{ keys | join(', ') }},
        days,
        count_if(has_happened) as events,
        count_if(not has_happened) as censored
    from observed_waits
    where group_name is not null
    group by {{ keys | join(', ') }}, days
),

curves as (
    {{ kaplan_meier('counts', keys) }}
),

final as (
    select
        curve,
        dimension,
        group_name,
        cast(days as integer) as days,
        cast(at_risk as bigint) as at_risk,
        cast(events as bigint) as events,
        cast(censored as bigint) as censored,
        cast(survival as double) as survival,
        round(power(survival, exp({{ normal_quantile() }} * log_log_error)), 10) as low,
        round(power(survival, exp(-{{ normal_quantile() }} * log_log_error)), 10) as high
    from curves
    order by {{ keys | join(', ') }}, days
)

select * from final
