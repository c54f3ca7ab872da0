{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Reasons of the decided actions in every language of the catalogues. The other tables have their
    sentences in the deployment's language only; the daily brief is written in all of them.
-#}
with

decisions as (
    {{ of_daily_dates(ref('stg_ml__action_decisions')) }}
),

scores as (
    {{ of_daily_dates(ref('stg_ml__churn_scores')) }}
),

features as (
    {{ of_daily_dates(ref('feat_customer_snapshots')) }}
),

catalogue as (
    select * from {{ ref('action_catalogue') }}
),

decided as (
    select
        decisions.customer_id,
        decisions.snapshot_date,
        decisions.action_id,
        decisions.cause,
        scores.reason_feature_1,
        scores.reason_feature_2,
        scores.reason_feature_3
    from decisions
    inner join scores using (customer_id, snapshot_date)
    where decisions.arm in ('treatment', 'control')
),

explained as (
    {%- for language in var('languages') %}
    select
        decided.*,
        '{{ language }}' as language,
        reasons.reasons,
        {{ no_reason_text(language) }} as no_reason,
        case when catalogue.answers_cause = decided.cause then catalogue.why_{{ language }} end
            as answer
    from decided
    inner join (
        {{ reasons_of('decided', 'features', language) }}
    ) as reasons using (customer_id, snapshot_date)
    left join catalogue using (action_id)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        customer_id,
        snapshot_date,
        language,
        coalesce(reasons[1], no_reason) as reason_1,
        reasons[2] as reason_2,
        reasons[3] as reason_3,
        answer
    from explained
)

select * from final
