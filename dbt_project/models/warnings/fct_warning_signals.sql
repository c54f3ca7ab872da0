{#-
    What is unusual about a customer on a date of the run, signal by signal: what was observed, what
    was to be expected, and how likely something as unusual is by chance alone. Of the eligible, for
    daily dates and training dates alike: on the latter it shows what a signal is worth.

    What is expected of a count is the customer's own past rate, drawn towards the company's the more,
    the less there is of it (a gamma distribution of rates over customers, fitted by moments), times
    the company's own movement from then to now: a broken shop or the end of Christmas is no
    customer's fault. A count whose rate is known up to a gamma distribution is negative binomial,
    and its tail is the p-value. Windows are whole weeks, in which every weekday counts alike.

    Here is what is expected; what is made of it is told axis by axis in macros/signals, whose steps
    stand in this one query because each model of its own would read everybody again.
-#}
{%- set falling, sliding, rising = falling_counts(), sliding_counts(), rising_counts() %}
with

dates as (
    select distinct snapshot_date from {{ source('ops', 'run_dates') }}
),

identities as (
    {{ ids_by_number() }}
),

features as (
    select
        identities.customer_no,
        features.*
    from {{ ref('feat_customer_snapshots') }} as features
    semi join dates on features.snapshot_date = dates.snapshot_date
    inner join identities using (customer_id)
    where features.is_eligible
),

-- What a source does not tell of anybody is unknown; of a customer whom it does not mention it says
-- that there was nothing.
known_sources as (
    select
        snapshot_date,
        bool_or(tickets_365d is not null) as has_tickets,
        bool_or(ratings_365d is not null) as has_ratings
    from features
    group by snapshot_date
),

purchases as (
    select
        customer_no,
        snapshot_date,
        category_counters_365d,
        category_counters_90d,
        order_windows,
        order_weeks
    from {{ ref('feat_purchases') }}
),

behaviour as (
    select
        customer_no,
        snapshot_date,
        unsubscribes_90d,
        days_since_first_activity,
        active_windows,
        email_windows,
        feature_windows,
        failure_windows,
        active_weeks
    from {{ ref('feat_behaviour') }}
),

demand as (
    select
        customer_no,
        snapshot_date,
        overdue_category_number,
        overdue_purchase_days,
        overdue_days_since_last,
        overdue_gap_days
    from {{ ref('feat_category_demand') }}
),

-- The first day ever is why somebody is a customer at all and tells nothing of the rate: history
-- begins after it.
counted as (
    select
        features.*,
        purchases.* exclude (customer_no, snapshot_date),
        behaviour.* exclude (customer_no, snapshot_date),
        demand.* exclude (customer_no, snapshot_date),
        {%- for signal, measure in falling.items() %}
        {%- set counts = measure.counts ~ '_windows' %}
        {%- set since = 'days_since_first_' ~ measure.since %}
        {{ in_window(counts, 0) }}
        {%- if signal in sliding %} + {{ in_window(counts, 1) }}{% endif %} as {{ signal }}_recent,
        {{ in_window(counts, 2) }}
        {%- if signal not in sliding %} + {{ in_window(counts, 1) }}{% endif %}
        {%- if measure.counts in ['order', 'active'] %}
        - cast(
            {{ since }} between {{ measure.window }} and {{ measure.history - 1 }} as integer
        )
        {%- endif %} as {{ signal }}_past,
        {{ measure.window }} as {{ signal }}_window,
        case
            when {{ since }} >= {{ 2 * measure.window }}
                then least({{ since }}, {{ measure.history }}) - {{ measure.window }}
        end as {{ signal }}_span,
        {%- endfor %}
        case when known_sources.has_tickets then coalesce(tickets_30d, 0) end
            as complaints_rising_recent,
        coalesce(tickets_365d - tickets_30d, 0) as complaints_rising_past,
        30 as complaints_rising_window,
        case when known_sources.has_tickets then greatest(least(tenure_days, 364) - 29, 0) end
            as complaints_rising_span,
        refunds_90d as returns_rising_recent,
        refunds_365d - refunds_90d as returns_rising_past,
        orders_90d as returns_rising_window,
        orders_365d - orders_90d as returns_rising_span,
        {{ in_window('failure_windows', 0) }} as failures_rising_recent,
        {{ in_window('failure_windows', 1) }} + {{ in_window('failure_windows', 2) }}
            as failures_rising_past,
        28 as failures_rising_window,
        greatest(least(days_since_first_activity, 251) - 27, 0) as failures_rising_span,
        cart_adds_30d as carts,
        greatest(cart_adds_30d - checkouts_30d, 0) as abandoned,
        cart_adds_90d - cart_adds_30d as past_carts,
        greatest((cart_adds_90d - cart_adds_30d) - (checkouts_90d - checkouts_30d), 0)
            as past_abandoned
    from features
    inner join known_sources using (snapshot_date)
    left join purchases using (customer_no, snapshot_date)
    left join behaviour using (customer_no, snapshot_date)
    left join demand using (customer_no, snapshot_date)
),

-- Whoever has no past adds nothing to the company's: a zero, because a sum of what a filter leaves
-- takes twice as long.
known_pasts as (
    select
        *,
        {%- for signal in falling | list + rising %}
        {%- for part in ['past', 'span', 'recent', 'window'] %}
        case when {{ signal }}_span > 0 then {{ signal }}_{{ part }} else 0 end
            as known_{{ signal }}_{{ part }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from counted
),

-- Sums of whole numbers, which do not depend on the order in which threads add them.
sums as (
    select
        snapshot_date,
        {%- for signal in falling | list + rising %}
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
        count(unsubscribes_90d) as seen,
        count_if(unsubscribes_90d > 0) as unsubscribed,
        sum(unsubscribes_90d) as unsubscribes,
        count(negative_texts_90d) as writers,
        sum(negative_texts_90d) as negative_texts,
        count(last_csat) filter (where days_since_last_ticket < 90) as scored,
        round(avg(csat_365d), 6) as mean_csat,
        -- The own pauses beside their mean; 1 where orders come at random (Poisson).
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
        {%- for signal in falling | list + rising %}
        ({{ signal }}_p + 0.5) / nullif({{ signal }}_t, 0) as {{ signal }}_mean,
        {{ 'least' if signal in falling else 'greatest' }}(
            1, {{ signal }}_r * {{ signal }}_t / nullif({{ signal }}_w * {{ signal }}_p, 0)
        ) as {{ signal }}_movement,
        {%- endfor %}
        greatest(cart_past_x / nullif(cart_past_n, 0), cart_x / nullif(cart_n, 0)) as cart_share,
        (bad_ratings + 0.5) / (ratings + 1) as bad_share
    from sums
),

company as (
    select
        *,
        -- A variance that is no larger than chance would make all customers the same: 5 % is least.
        {%- for signal in falling | list + rising %}
        {{ signal }}_mean / greatest(
            (
                {{ signal }}_pp - 2 * {{ signal }}_mean * {{ signal }}_pt
                + power({{ signal }}_mean, 2) * {{ signal }}_tt
                - {{ signal }}_mean * {{ signal }}_t
            ) / nullif({{ signal }}_tt, 0),
            power({{ signal }}_mean, 2) / 20
        ) as {{ signal }}_prior,
        {%- endfor %}
        -- Abandoned carts come in clusters; of the beta distribution of shares, the weight.
        1 / least(greatest(
            (
                (
                    cart_past_xx - 2 * cart_share * cart_past_xn
                    + power(cart_share, 2) * cart_past_nn
                ) / nullif(cart_share * (1 - cart_share), 0) - cart_past_n
            ) / nullif(cart_past_nn - cart_past_n, 0), 0.02
        ), 0.5) - 1 as cart_weight
    from rates
),

-- Expected counts: own and company's past in one rate.
expected as (
    select
        counted.*,
        company.* exclude (snapshot_date),
        {%- for signal in falling | list + rising %}
        {{ signal }}_prior * {{ signal }}_mean + {{ signal }}_past as {{ signal }}_shape,
        {{ signal }}_window * {{ signal }}_movement
        * ({{ signal }}_prior * {{ signal }}_mean + {{ signal }}_past)
        / ({{ signal }}_prior + {{ signal }}_span) as {{ signal }}_expected,
        {%- endfor %}
        cart_weight * cart_share + past_abandoned as cart_a,
        cart_weight * (1 - cart_share) + past_carts - past_abandoned as cart_b,
        (purchase_days_lifetime - 1) as gaps,
        -- Orders of one day are one occasion to buy, told in several parts.
        orders_lifetime / purchase_days_lifetime as orders_a_day,
        1 / greatest(
            (
                4 * coalesce(gap_variation, 1)
                + (purchase_days_lifetime - 1)
                * coalesce(power(gap_days_stddev / nullif(mean_gap_days, 0), 2), 0)
            ) / (4 + purchase_days_lifetime - 1),
            0.05
        ) as gap_shape
    from counted
    inner join company using (snapshot_date)
),

-- What is looked at more closely, worked out once: nearer than a standard deviation no decline is
-- unusual, and something that happened once is no rise.
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
),

{{ activity_falling_signals() }},

{{ behaviour_anomaly_signals() }},

{{ negative_emotion_signals() }},

{{ needs_changing_signals() }},

signals as (
    {%- for signal in falling | list + rising + [
        'order_overdue', 'cart_abandoned', 'bad_ratings', 'low_csat', 'negative_texts',
        'unsubscribed', 'category_shift', 'category_overdue',
    ] %}
    select * from {{ signal }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

-- What people said themselves is told whatever chance makes of it; of all else, what one in twenty
-- shows by chance.
final as (
    select
        customer_id,
        snapshot_date,
        signal,
        round(observed, 6) as observed,
        round(expected, 6) as expected,
        round(greatest(p_value, 0), 9) as p_value,
        cast(case
            when p_value <= 0.001 then 3
            when p_value <= 0.01 then 2
            else 1
        end as integer) as strength,
        period_days,
        category_number
    from signals
    where p_value <= 0.05 or signal in ('bad_ratings', 'low_csat', 'negative_texts', 'unsubscribed')
)

select * from final
