{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Drift of each feature of a day, and of the score, from the training rows of the model in use.

    The training rows are a fair comparison if the company's history reached as far before the first
    of them as the feature looks back. Until then the feature grows with the calendar. It is then
    compared with the scored day four weeks before, which had nearly the same history.
-#}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

reference as (
    select * from {{ ref('stg_ml__feature_reference') }}
),

score_reference as (
    select * from reference
    where feature = 'churn_probability'
),

catalogue as (
    select * from {{ ref('feature_catalogue') }}
),

scores as (
    select
        snapshot_date,
        model_version,
        churn_probability
    from {{ ref('stg_ml__churn_scores') }}
    semi join dates using (snapshot_date)
),

scored_dates as (
    select distinct
        snapshot_date,
        model_version
    from scores
),

binned_scores as (
    select
        scores.snapshot_date,
        scores.model_version,
        score_reference.bin,
        count(*) as customers
    from scores
    inner join score_reference
        on
            scores.model_version = score_reference.model_version
            and score_reference.kind = 'range'
            and scores.churn_probability > coalesce(score_reference.lower_bound, -1)
            and scores.churn_probability <= coalesce(score_reference.upper_bound, 1)
    group by all
),

score_counts as (
    select
        scored_dates.snapshot_date,
        score_reference.model_version,
        score_reference.feature,
        score_reference.bin,
        coalesce(binned_scores.customers, 0) as customers,
        cast(null as date) as earlier_date,
        cast(null as bigint) as earlier_customers
    from scored_dates
    inner join score_reference using (model_version)
    left join binned_scores using (snapshot_date, model_version, bin)
),

counts as (
    select * from {{ ref('stg_ml__feature_counts') }}
    semi join dates using (snapshot_date)
    union all
    select * from score_counts
),

cells as (
    select
        counts.*,
        reference.kind,
        reference.share,
        reference.sample_size,
        reference.share * reference.sample_size as trained_customers,
        reference.first_date,
        reference.weight,
        count(*) over by_feature as bins,
        sum(counts.customers) over by_feature as all_customers,
        sum(counts.earlier_customers) over by_feature as all_earlier_customers
    from counts
    inner join reference using (model_version, feature, bin)
    window by_feature as (partition by counts.snapshot_date, model_version, feature)
),

-- Bins that are empty on both sides add no degree of freedom.
indices as (
    select
        snapshot_date,
        model_version,
        feature,
        any_value(first_date) as first_date,
        any_value(weight) as weight,
        any_value(earlier_date) as earlier_date,
        any_value(all_customers) as customers,
        any_value(sample_size) as sample_size,
        any_value(all_earlier_customers) as earlier_customers,
        coalesce(sum(customers) filter (where kind = 'unknown'), 0) as unknown_customers,
        coalesce(sum(share) filter (where kind = 'unknown'), 0) as reference_null_share,
        count(*) filter (where customers > 0 or share > 0) - 1 as freedom,
        count(*) filter (where customers > 0 or earlier_customers > 0) - 1 as earlier_freedom,
        sum({{ stability_term(
            'customers', 'all_customers', 'trained_customers', 'sample_size', 'bins'
        ) }}) as psi,
        sum({{ stability_term(
            'customers', 'all_customers', 'earlier_customers', 'all_earlier_customers', 'bins'
        ) }}) as earlier_psi
    from cells
    group by snapshot_date, model_version, feature
),

compared as (
    select
        indices.*,
        case
            when catalogue.feature is not null and catalogue.comparable_after_days is null
                then 'nothing'
            when
                catalogue.comparable_after_days
                > indices.first_date - date '{{ var("first_date") }}'
                then 'earlier day'
            else 'training'
        end as compared_with,
        {{ stability_by_chance('indices.customers', 'indices.sample_size', 'indices.freedom') }}
            as chance_psi,
        {{ stability_by_chance(
            'indices.customers', 'indices.earlier_customers', 'indices.earlier_freedom'
        ) }} as earlier_chance_psi
    from indices
    left join catalogue using (feature)
),

judged as (
    select
        *,
        case compared_with
            when 'training' then psi - chance_psi
            when 'earlier day' then earlier_psi - earlier_chance_psi
        end as psi_beyond_chance
    from compared
),

final as (
    select
        snapshot_date,
        model_version,
        feature,
        round(case compared_with when 'earlier day' then earlier_psi else psi end, 10) as psi,
        round(unknown_customers / customers, 10) as null_share,
        round(reference_null_share, 10) as reference_null_share,
        cast(customers as bigint) as customers,
        case
            when psi_beyond_chance >= 0.25 then 'shifted'
            when psi_beyond_chance >= 0.1 then 'watch'
            when psi_beyond_chance is not null then 'stable'
        end as level,
        compared_with,
        earlier_date,
        round(psi, 10) as training_psi,
        round(
            case compared_with when 'earlier day' then earlier_chance_psi else chance_psi end, 10
        ) as chance_psi,
        weight
    from judged
)

select * from final
