{#-
    Each churn event has an exit survey; a survey without a text is kept with a null text. The
    event's effect on the account's contracts is in stg_ravenstack__subscriptions.
-#}
{%- set day_formats = ['%Y-%m-%d', '%d-%m-%Y'] -%}
with

source as (
    select * from {{ source('ravenstack', 'churn_events') }}
),

renamed as (
    select
        _load_id,
        _row,
        {{ first_failed([
            ('churn_date', try_timestamp('churn_date', day_formats), 'churn_date'),
        ]) }} as _reject_reason,
        'ravenstack' as source,
        churn_event_id as source_feedback_id,
        account_id as source_customer_id,
        {{ try_timestamp('churn_date', day_formats) }} as created_at,
        'exit_survey' as kind,
        feedback_text as text
    from source
),

final as (
    select * from renamed
)

select * from final
