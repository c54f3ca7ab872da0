{{ config(materialized='ephemeral') }}

{#-
    Expected counts and their distributions for each observed count, with a candidate flag
    (`is_<signal>`).

    The expected count is the customer's past rate, shrunk towards the company's rate (a gamma
    distribution of rates over customers, fitted by moments), times the company's own movement from
    then to now. So a broken shop or the end of Christmas is not reported as a customer's decline. A
    count with a gamma-distributed rate is negative binomial, and its tail is the p-value.
-#}
{%- set falling, sliding, rising = falling_counts(), sliding_counts(), rising_counts() %}
with

counted as (
    select * from {{ ref('warning_counts') }}
),

-- Customers without a past count as zero in the company's sums: a `filter` on each sum would take
-- twice as long.
known_pasts as (
    select
        *,
        {%- for signal in falling | list + rising | list %}
        {%- for part in ['past', 'span', 'recent', 'window'] %}
        case when {{ signal }}_span > 0 then {{ signal }}_{{ part }} else 0 end
            as known_{{ signal }}_{{ part }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from counted
),

-- Sums of integers, whose result does not depend on the order in which threads add them.
sums as (
    select
        snapshot_date,
        {%- for signal in falling | list + rising | list %}
        sum(known_{{ signal }}_past) as {{ signal }}_p,
        sum(cast(known_{{ signal }}_past as double) * known_{{ signal }}_past) as {{ signal }}_pp,
        sum(known_{{ signal }}_past * known_{{ signal }}_span) as {{ signal }}_pt,
        sum(known_{{ signal }}_span) as {{ signal }}_t,
        sum(cast(known_{{ signal }}_span as double) * known_{{ signal }}_span) as {{ signal }}_tt,
        sum(known_{{ signal }}_recent) as {{ signal }}_r,
        sum(known_{{ signal }}_window) as {{ signal }}_w,
        {%- endfor %}
        sum(carts) as cart_n,
        sum(abandoned) as cart_x,
        sum(past_carts) as cart_past_n,
        sum(past_abandoned) as cart_past_x,
        sum(power(past_abandoned, 2)) as cart_past_xx,
        sum(past_abandoned * past_carts) as cart_past_xn,
        sum(power(past_carts, 2)) as cart_past_nn,
        sum(bad_ratings_365d) as bad_ratings,
        sum(ratings_365d) as ratings,
        count(*) as customers,
        count_if(has_payment_overdue) as payments_overdue,
        count(unsubscribes_90d) as seen,
        count_if(unsubscribes_90d > 0) as unsubscribed,
        sum(unsubscribes_90d) as unsubscribes,
        count(negative_texts_90d) as writers,
        sum(negative_texts_90d) as negative_texts,
        count(last_csat) filter (where days_since_last_ticket < 90) as scored,
        round(avg(csat_365d), 6) as mean_csat,
        -- Variation of gaps between orders; 1 where orders come at random (Poisson).
        round(
            avg(power(gap_days_stddev / mean_gap_days, 2))
                filter (where purchase_days_lifetime >= 5 and mean_gap_days > 0),
            6
        ) as gap_variation
    from known_pasts
    group by snapshot_date
),

rates as (
    select
        *,
        {%- for signal in falling | list + rising | list %}
        ({{ signal }}_p + 0.5) / nullif({{ signal }}_t, 0) as {{ signal }}_mean,
        {#- Without events in the past the movement is unknown, and none is assumed. #}
        {%- set bounded = at_most if signal in falling else at_least %}
        {%- set events = signal ~ '_r * ' ~ signal ~ '_t' %}
        {%- set usual = signal ~ '_w * ' ~ signal ~ '_p' %}
        {{ bounded('coalesce(' ~ events ~ ' / nullif(' ~ usual ~ ', 0), 1)', 1) }}
            as {{ signal }}_movement,
        {%- endfor %}
        greatest(cart_past_x / nullif(cart_past_n, 0), cart_x / nullif(cart_n, 0)) as cart_share,
        (bad_ratings + 0.5) / (ratings + 1) as bad_share
    from sums
),

company as (
    select
        *,
        -- At least 5 %: a variance at the level of sampling noise would make all customers equal.
        {%- for signal in falling | list + rising | list %}
        {{ signal }}_mean / greatest(
            (
                {{ signal }}_pp - 2 * {{ signal }}_mean * {{ signal }}_pt
                + power({{ signal }}_mean, 2) * {{ signal }}_tt
                - {{ signal }}_mean * {{ signal }}_t
            ) / nullif({{ signal }}_tt, 0),
            power({{ signal }}_mean, 2) / 20
        ) as {{ signal }}_prior,
        {%- endfor %}
        -- Abandoned carts come in clusters: the weight of the beta distribution of shares.
        {%- set clustering -%}
        (
            (
                cart_past_xx - 2 * cart_share * cart_past_xn
                + power(cart_share, 2) * cart_past_nn
            ) / nullif(cart_share * (1 - cart_share), 0) - cart_past_n
        ) / nullif(cart_past_nn - cart_past_n, 0)
        {%- endset %}
        1 / {{ at_most(at_least('coalesce(' ~ clustering ~ ', 0)', 0.02), 0.5) }} - 1
            as cart_weight
    from rates
),

-- Expected counts, with the customer's baseline and the company's change in one rate.
expected as (
    select
        counted.*,
        company.* exclude (snapshot_date),
        {%- for signal in falling | list + rising | list %}
        {{ signal }}_prior * {{ signal }}_mean + {{ signal }}_past as {{ signal }}_shape,
        {{ signal }}_window * {{ signal }}_movement
        * ({{ signal }}_prior * {{ signal }}_mean + {{ signal }}_past)
        / ({{ signal }}_prior + {{ signal }}_span) as {{ signal }}_expected,
        {%- endfor %}
        cart_weight * cart_share + past_abandoned as cart_a,
        cart_weight * (1 - cart_share) + past_carts - past_abandoned as cart_b,
        (purchase_days_lifetime - 1) as gaps,
        -- Several orders of one day count as one occasion to buy.
        orders_lifetime / purchase_days_lifetime as orders_a_day,
        {%- set variation -%}
        (
            4 * coalesce(gap_variation, 1)
            + (purchase_days_lifetime - 1)
            * coalesce(power(gap_days_stddev / nullif(mean_gap_days, 0), 2), 0)
        ) / (4 + purchase_days_lifetime - 1)
        {%- endset %}
        1 / {{ at_least(variation, 0.05) }} as gap_shape
    from counted
    inner join company using (snapshot_date)
),

-- Conditions for a closer look, computed once. A decline of less than a standard deviation is not
-- unusual, and a single event is not a rise.
noticed as (
    select
        *,
        {%- for signal in falling if signal not in sliding %}
        {{ signal }}_span > 0
        and {{ signal }}_past > 0
        and {{ signal }}_recent < {{ signal }}_expected - sqrt(
            {{ signal }}_expected
            + {{ signal }}_expected * {{ signal }}_expected / {{ signal }}_shape
        ) as is_{{ signal }},
        {%- endfor %}
        {%- for signal in sliding %}
        {{ signal }}_span > 0
        and {{ signal }}_past > 1
        and {{ signal }}_recent < 0.75 * {{ signal }}_expected as is_{{ signal }},
        {%- endfor %}
        {%- for signal in rising %}
        {{ signal }}_recent >= 2
        and {{ signal }}_recent > {{ signal }}_expected
        and {{ signal }}_expected > 0 as is_{{ signal }},
        {%- endfor %}
        carts >= 3
        and cart_a > 0
        and cart_b > 0
        and abandoned > carts * cart_a / (cart_a + cart_b) as is_cart_abandoned
    from expected
)

select * from noticed
