{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
        on_schema_change='append_new_columns',
    )
}}

{#-
    Features of each customer known at the end of a date, one row per customer: the input of
    training and scoring. Events and facts that became known after the date are left out, and
    unknown values stay null. A customer whose source records have all been deleted in their sources
    has no row from that day on, and neither has one who is never profiled.

    A date that is only trained on has eligible customers only, because training reads no others.
    The holdout, the latest of these dates whose horizon has passed, has all customers, because the
    baselines are fitted on all purchase histories.
-#}
with

whole_dates as (
    select snapshot_date from {{ source('ops', 'snapshot_dates') }}
    union
    select max(snapshot_date) as snapshot_date from {{ source('ops', 'run_dates') }}
    where
        purpose = 'training'
        and snapshot_date + {{ var('horizon_days') }} <= (
            select max(days.snapshot_date) from {{ source('ops', 'run_dates') }} as days
            where days.purpose = 'daily'
        )
),

dates as (
    {{ dates_of_batch() }}
),

rhythm as (
    select * from {{ ref('int_company_rhythm') }}
),
{% for name in ['purchases', 'behaviour', 'service', 'contracts'] %}
{{ name }} as not materialized (
    select * from {{ ref('feat_' ~ name) }}
    semi join dates using (snapshot_date)
),
{% endfor %}
identities as (
    select * from {{ ref('int_identity_history') }}
),

deleted_records as (
    {{ deleted_records('dates') }}
),

records as (
    select
        identities.customer_no,
        identities.customer_id,
        dates.snapshot_date,
        identities.source,
        records.first_seen_at
    from {{ ref('int_customer_records') }} as records
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
            and records.known_from <= dates.snapshot_date
            and coalesce(cast(records.first_seen_at as date), records.known_from)
            <= dates.snapshot_date
    anti join deleted_records
        on
            records.source = deleted_records.source
            and records.source_customer_id = deleted_records.source_customer_id
            and dates.snapshot_date = deleted_records.snapshot_date
),

-- Customers who are never profiled have no features, and nothing that follows from features.
unprofiled as (
    select distinct
        identities.customer_no,
        dates.snapshot_date
    from {{ ref('int_suppressed_records') }} as suppressed
    inner join identities using (source, source_customer_id)
    inner join dates
        on
            identities.valid_from <= dates.snapshot_date
            and dates.snapshot_date < identities.valid_to
            and suppressed.valid_from <= dates.snapshot_date
            and dates.snapshot_date < suppressed.valid_to
    where suppressed.scope = 'profile'
),

customers as (
    select
        customer_no,
        any_value(customer_id) as customer_id,
        snapshot_date,
        snapshot_date - cast(min(first_seen_at) as date) as tenure_days,
        count(*) as record_count,
        count(distinct source) as source_count
    from records
    anti join unprofiled using (customer_no, snapshot_date)
    group by customer_no, snapshot_date
),

wanted as (
    select
        customers.*,
        {{ is_eligible() }} as is_eligible
    from customers
    left join purchases using (customer_no, snapshot_date)
    left join contracts using (customer_no, snapshot_date)
    left join whole_dates using (snapshot_date)
    where is_eligible or whole_dates.snapshot_date is not null
),

profiles as (
    select
        identities.customer_no,
        wanted.snapshot_date,
        versions.birth_year,
        versions.country,
        versions.city,
        versions.acquisition_channel,
        versions.plan,
        versions.marketing_consent,
        (
            coalesce(
                case
                    when cast(versions.updated_at as date) <= wanted.snapshot_date
                        then versions.updated_at
                end,
                versions.created_at
            ),
            versions._load_id,
            versions._row
        ) as recency
    from {{ ref('int_customers_versions') }} as versions
    inner join identities using (source, source_customer_id)
    inner join wanted
        on
            identities.customer_no = wanted.customer_no
            and identities.valid_from <= wanted.snapshot_date
            and wanted.snapshot_date < identities.valid_to
            and versions.known_from <= wanted.snapshot_date
            and wanted.snapshot_date < versions.known_to
    where versions._reject_reason is null
),

attributes as (
    select
        customer_no,
        snapshot_date,
        year(snapshot_date) - arg_max(birth_year, recency) filter (
            where birth_year is not null
        ) as age_years,
        arg_max(country, recency) filter (where country is not null) as country,
        lower(trim(arg_max(city, recency) filter (where city is not null))) as city,
        arg_min(acquisition_channel, recency) filter (
            where acquisition_channel is not null
        ) as acquisition_channel,
        arg_max(plan, recency) filter (where plan is not null) as plan,
        arg_max(marketing_consent, recency) filter (
            where marketing_consent is not null
        ) as marketing_consent
    from profiles
    group by customer_no, snapshot_date
),

joined as (
    select *
    from wanted
    left join attributes using (customer_no, snapshot_date)
    left join purchases using (customer_no, snapshot_date)
    left join behaviour using (customer_no, snapshot_date)
    left join service using (customer_no, snapshot_date)
    left join contracts using (customer_no, snapshot_date)
),

-- Trend of orders in the customer's town: orders of the other customers there compared with the
-- period before, divided by the same ratio of the whole market. Seasons and bad days of the shop
-- cancel out. Only eligible customers count, because only they are known on every date; 250 orders
-- vary by 6 %.
{%- set spans = {'30d': 'orders_180d - orders_30d', '90d': 'orders_prior_90d'} %}
markets as (
    select
        snapshot_date,
        {%- for span, before in spans.items() %}
        sum(orders_{{ span }}) / nullif(sum({{ before }}), 0) as change_{{ span }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from joined
    where is_eligible and city is not null
    group by snapshot_date
),

areas as (
    select
        snapshot_date,
        country as area_country,
        city,
        {%- for span, before in spans.items() %}
        sum(orders_{{ span }}) as area_orders_{{ span }},
        sum({{ before }}) as area_orders_before_{{ span }}{{ ',' if not loop.last }}
        {%- endfor %}
    from joined
    where is_eligible and city is not null
    group by snapshot_date, country, city
),

-- Ten prior orders at the market's trend shrink small towns towards it. Values are rounded to
-- fifths: all customers of a town share the value, so sampling noise would move all of them
-- together and look like drift.
placed as (
    select
        joined.*,
        {%- for span, before in spans.items() %}
        {%- set own = 'case when joined.is_eligible then {} else 0 end' %}
        {%- set trend -%}
        (areas.area_orders_{{ span }} - {{ own.format('joined.orders_' ~ span) }} + 10)
        / (
            (areas.area_orders_before_{{ span }} - {{ own.format(before) }})
            * markets.change_{{ span }} + 10
        )
        {%- endset %}
        -- Unknown without a town.
        round(5 * {{ at_most(trend, 2) }}) / 5
            as area_orders_trend_{{ span }}{{ ',' if not loop.last }}
        {%- endfor %}
    from joined
    left join markets on joined.snapshot_date = markets.snapshot_date
    left join areas
        on
            joined.snapshot_date = areas.snapshot_date
            and joined.city = areas.city
            and joined.country is not distinct from areas.area_country
),

final as (
    select
        placed.customer_id,
        placed.snapshot_date,
        placed.is_eligible,
        {{ typed_features('feat_customer_snapshots') }},
        {%- set own = feature_columns('feat_customer_snapshots') %}
        {%- for name in feature_columns() if name not in own %}
        {{ name }},
        {%- endfor %}
        valued_days_lifetime,
        {#- Without the company's limits of the date the status is unknown, and not active. -#}
        case
            when rhythm.snapshot_date is not null then {{ lifecycle_status() }}
        end as lifecycle_status,
        {{ is_reachable('lifecycle_status') }} as is_reachable,
        {{ overdue_on('placed.snapshot_date') }} as overdue_on
    from placed
    left join rhythm on placed.snapshot_date = rhythm.snapshot_date
)

select * from final
