{#-
    Stripe keeps the status while the collection of payments is paused, and does not record when the
    pause began: it counts from the delivery that first showed it.
-#}
{%- set count = 'coalesce(try_cast(plan_interval_count as integer), 1)' -%}
with

source as (
    select * from {{ source('stripe', 'subscriptions') }}
),

parsed as (
    select
        *,
        {{ read_timestamp('start_date') }} as started_at,
        {{ read_timestamp('trial_end') }} as parsed_trial_end,
        {{ read_timestamp('ended_at') }} as parsed_ended_at,
        {{ read_timestamp('pause_collection_resumes_at') }} as resumes_at,
        {{ from_minor_units('plan_amount', 'currency') }} as price,
        coalesce(try_cast(quantity as integer), 1) as units,
        try_cast(nullif(cancel_at_period_end, '') as boolean) as ends_with_period,
        case lower(plan_interval)
            when 'day' then {{ count }} * 12.0 / 365
            when 'week' then {{ count }} * 84.0 / 365
            when 'month' then {{ count }}
            when 'year' then {{ count }} * 12
        end as months
    from source
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([('start_date', 'started_at', 'start_date')]) }} as _reject_reason,
        {{ lost_fields([
            ('trial_end', 'parsed_trial_end', 'trial_ends_at'),
            ('ended_at', 'parsed_ended_at', 'ended_at'),
            ('pause_collection_resumes_at', 'resumes_at', 'resumes_at'),
            ('plan_amount', 'price', 'monthly_amount'),
            ('plan_interval', 'months', 'term_months'),
            ('cancel_at_period_end', 'ends_with_period', 'auto_renew'),
        ]) }} as _lost_fields,
        'stripe' as source,
        {{ read_id('id') }} as source_subscription_id,
        {{ read_id('customer') }} as source_customer_id,
        started_at,
        parsed_ended_at as ended_at,
        parsed_trial_end as trial_ends_at,
        resumes_at,
        case
            when pause_collection_behavior != '' and lower(status) in ('active', 'past_due')
                then 'paused'
            else status
        end as status,
        plan_nickname as plan,
        -- A fee in another currency is not known in the deployment's.
        case
            when upper(currency) = '{{ var("currency") }}'
                then cast(price * units / nullif(months, 0) as {{ money_type() }})
        end as monthly_amount,
        case when lower(plan_interval) in ('month', 'year') then cast(months as integer) end
            as term_months,
        not ends_with_period as auto_renew,
        cancellation_reason as end_reason
    from parsed
),

final as (
    select * from renamed
)

select * from final
