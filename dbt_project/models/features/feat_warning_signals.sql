{#-
    What is unusual about a customer on a date of the run, signal by signal: what was observed, what
    was to be expected, and how likely something as unusual is by chance alone. Of the eligible, for
    daily dates and training dates alike: on the latter it shows what a signal is worth.

    What is expected of a count is the customer's own past rate, drawn towards the company's the more,
    the less there is of it (a gamma distribution of rates over customers, fitted by moments), times
    the company's own movement from then to now: a broken shop or the end of Christmas is no
    customer's fault. A count whose rate is known up to a gamma distribution is negative binomial,
    and its tail is the p-value. Windows are whole weeks, in which every weekday counts alike.
-#}
{#- What is counted (feat_purchases, feat_behaviour), days of the window and of all history. -#}
{%- set falling = {
    'orders_falling': {'counts': 'order', 'window': 56, 'history': 364, 'since': 'order'},
    'visits_falling': {'counts': 'active', 'window': 28, 'history': 252, 'since': 'activity'},
    'feature_use_falling': {'counts': 'feature', 'window': 28, 'history': 252, 'since': 'activity'},
    'email_opens_falling': {'counts': 'email', 'window': 28, 'history': 252, 'since': 'activity'},
    'orders_sliding': {'counts': 'order', 'window': 84, 'history': 364, 'since': 'order'},
    'visits_sliding': {'counts': 'active', 'window': 84, 'history': 252, 'since': 'activity'},
} %}
{%- set sliding = {'orders_sliding': 'orders_falling', 'visits_sliding': 'visits_falling'} %}
{#- Counts that are bad news when they rise, and what they are counted per. -#}
{%- set rising = ['complaints_rising', 'returns_rising', 'failures_rising'] %}
{%- set slack = 0.25 %}
{%- set lundberg = 0.605 %}
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
            {{ signal }}_expected + {{ signal }}_expected * {{ signal }}_expected / {{ signal }}_shape
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

{#-
    The condition stands in the case as well: where filters of later steps are worked out earlier,
    tails would be added up of everybody.
-#}
{%- for signal, measure in falling.items() if signal not in sliding %}
{%- set burst = 'orders_a_day' if measure.counts == 'order' else '1' %}

{{ signal }} as (
    select
        customer_id,
        snapshot_date,
        '{{ signal }}' as signal,
        cast({{ signal }}_recent as double) as observed,
        {{ signal }}_expected as expected,
        case
            when is_{{ signal }}
                then {{ negative_binomial(
                    0, 'cast(round(' ~ signal ~ '_recent / ' ~ burst ~ ') as bigint)',
                    signal ~ '_expected / ' ~ burst, signal ~ '_shape / ' ~ burst
                ) }}
        end as p_value,
        {{ measure.window }} as period_days,
        cast(null as integer) as category_number
    from noticed
    where is_{{ signal }}
    {{ worked_out_once() }}
),
{%- endfor %}
{%- for signal in rising %}

{{ signal }} as (
    select
        customer_id,
        snapshot_date,
        '{{ signal }}' as signal,
        cast({{ signal }}_recent as double) as observed,
        {{ signal }}_expected as expected,
        case
            when is_{{ signal }}
                then 1 - {{ negative_binomial(
                    0, signal ~ '_recent - 1', signal ~ '_expected', signal ~ '_shape'
                ) }}
        end as p_value,
        {{ {'complaints_rising': 30, 'returns_rising': 90, 'failures_rising': 28}[signal] }}
            as period_days,
        cast(null as integer) as category_number
    from noticed
    where is_{{ signal }}
    {{ worked_out_once() }}
),
{%- endfor %}

{#-
    The sum of what was missing in the latest weeks, at its largest over all numbers of weeks (Page's
    CUSUM). A quarter of the expected days is let go each week, so that the decline to which it is
    most sensitive is by half. Under an unchanged Poisson rate the sum exceeds s at most with
    probability exp(-0.605 s) (Lundberg's bound; 0.605 solves 0.75 x = 1 - exp(-x)). The rate is taken
    a standard deviation lower than it is known.
-#}
{%- for signal, quick in sliding.items() %}
{%- set measure = falling[signal] %}

{{ signal }}_weeks as (
    select
        customer_id,
        snapshot_date,
        {{ 'orders_a_day' if measure.counts == 'order' else 1 }} as burst,
        {{ signal }}_expected / 12 as weekly_expected,
        {{ signal }}_expected / 12 * (1 - 1 / sqrt({{ signal }}_shape)) as weekly_least,
        [
            {%- for weeks in range(1, 13) %}
            {%- for week in range(weeks) %}
            {{ in_week(measure.counts ~ '_weeks', week) }}{{ ' +' if not loop.last }}
            {%- endfor %}{{ ',' if not loop.last }}
            {%- endfor %}
        ] as counts
    from noticed
    anti join {{ quick }}
        on
            noticed.customer_id = {{ quick }}.customer_id
            and noticed.snapshot_date = {{ quick }}.snapshot_date
            and {{ quick }}.p_value <= 0.05
    where is_{{ signal }}
),

{{ signal }}_missing as (
    select
        *,
        [
            {%- for weeks in range(1, 13) %}
            {{ weeks }} * {{ 1 - slack }} * weekly_least
            - counts[{{ weeks }}]{{ ',' if not loop.last }}
            {%- endfor %}
        ] as missing
    from {{ signal }}_weeks
),

{{ signal }} as (
    select
        customer_id,
        snapshot_date,
        '{{ signal }}' as signal,
        cast(counts[list_position(missing, list_max(missing))] as double) as observed,
        weekly_expected * list_position(missing, list_max(missing)) as expected,
        least(exp(-{{ lundberg }} * list_max(missing) / burst), 1) as p_value,
        cast(7 * list_position(missing, list_max(missing)) as integer) as period_days,
        cast(null as integer) as category_number
    from {{ signal }}_missing
),
{%- endfor %}

-- A pause beside the mean of the own earlier ones is F-distributed if pauses are gamma-distributed.
order_overdue as (
    select
        customer_id,
        snapshot_date,
        'order_overdue' as signal,
        cast(days_since_last_order as double) as observed,
        cast(mean_gap_days as double) as expected,
        {{ normal_tail('pause_z') }} as p_value,
        cast(null as integer) as period_days,
        cast(null as integer) as category_number
    from (
        select
            *,
            {{ f_tail_z(
                'coalesce(orders_falling_movement, 1) * days_since_last_order / mean_gap_days',
                '2 * gap_shape', '2 * gap_shape * gaps'
            ) }} as pause_z
        from noticed
        where gaps >= 2 and mean_gap_days > 0 and days_since_last_order > mean_gap_days
    ) as pauses
),

cart_abandoned as (
    select
        customer_id,
        snapshot_date,
        'cart_abandoned' as signal,
        cast(abandoned as double) as observed,
        carts * cart_a / (cart_a + cart_b) as expected,
        case
            when is_cart_abandoned
                then {{ beta_binomial_tail('abandoned', 'carts', 'cart_a', 'cart_b') }}
        end as p_value,
        30 as period_days,
        cast(null as integer) as category_number
    from noticed
    where is_cart_abandoned
    {{ worked_out_once() }}
),

-- Negative emotion: what a customer gave, did or wrote.
bad_ratings as (
    select
        customer_id,
        snapshot_date,
        'bad_ratings' as signal,
        cast(bad_ratings_365d as double) as observed,
        ratings_365d * bad_share as expected,
        case
            when last_rating <= 2
                then {{ beta_binomial_tail(
                    'bad_ratings_365d', 'ratings_365d', '4 * bad_share', '4 * (1 - bad_share)'
                ) }}
        end as p_value,
        365 as period_days,
        cast(null as integer) as category_number
    from noticed
    where last_rating <= 2
),

low_csat as (
    select
        customer_id,
        snapshot_date,
        'low_csat' as signal,
        cast(last_csat as double) as observed,
        mean_csat as expected,
        count(*) over (partition by snapshot_date order by last_csat) / scored as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from noticed
    where last_csat is not null and days_since_last_ticket < 90
    qualify last_csat <= 2
),

-- Beside others who write: of those who never do nothing is known.
negative_texts as (
    select
        customer_id,
        snapshot_date,
        'negative_texts' as signal,
        cast(negative_texts_90d as double) as observed,
        negative_texts / writers as expected,
        count(*) over (partition by snapshot_date order by negative_texts_90d desc) / writers
            as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from noticed
    where negative_texts_90d > 0 and days_since_negative_text < 30
),

unsubscribed as (
    select
        customer_id,
        snapshot_date,
        'unsubscribed' as signal,
        cast(unsubscribes_90d as double) as observed,
        unsubscribes / seen as expected,
        unsubscribed / seen as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from noticed
    where unsubscribes_90d > 0
),

-- Of the days on which a category was bought, those of the latest 90 days and those before them.
{%- set recent = '((category_counters_90d >> {}) & 1023)' %}
{%- set year = '((category_counters_365d >> {}) & 1023)' %}
bought as (
    select
        customer_id,
        snapshot_date,
        {%- for bucket in range(12) %}
        cast({{ recent.format(10 * bucket) }} as double) as recent_{{ bucket }},
        cast({{ year.format(10 * bucket) }} - {{ recent.format(10 * bucket) }} as double)
            as before_{{ bucket }}{{ ',' if not loop.last }}
        {%- endfor %}
    from noticed
    where category_counters_90d > 0 and category_counters_365d > category_counters_90d
),

-- Jensen-Shannon divergence of two samples, each by its size: times twice their number it is the
-- G statistic, which without a change is about chi-squared. In nats.
mixes as (
    select
        *,
        {%- for part in ['recent', 'before'] %}
        (
            {%- for bucket in range(12) %}
            {{ part }}_{{ bucket }}{{ ' +' if not loop.last }}
            {%- endfor %}
        ) as {{ part }}_all,
        {%- endfor %}
        {%- for bucket in range(12) %}
        cast(recent_{{ bucket }} + before_{{ bucket }} > 0 as integer){{ ' +' if not loop.last }}
        {%- endfor %} as categories
    from bought
),

divergences as (
    select
        customer_id,
        snapshot_date,
        categories - 1 as freedom,
        recent_all + before_all as purchases,
        greatest(
            {%- for bucket in range(12) %}
            {%- for part in ['recent', 'before'] %}
            case
                when {{ part }}_{{ bucket }} > 0
                    then
                        {{ part }}_{{ bucket }} * ln(
                            {{ part }}_{{ bucket }} / {{ part }}_all
                            / (recent_{{ bucket }} + before_{{ bucket }})
                            * (recent_all + before_all)
                        )
                else 0
            end{{ ' +' if not (loop.last and bucket == 11) }}
            {%- endfor %}
            {%- endfor %}, 0
        ) as nats
    from mixes
    where recent_all >= 4 and before_all >= 6 and categories > 1
),

category_shift as (
    select
        customer_id,
        snapshot_date,
        'category_shift' as signal,
        sqrt(nats / purchases / ln(2)) as observed,
        sqrt(freedom / (2 * purchases) / ln(2)) as expected,
        {{ normal_tail('shift_z') }} as p_value,
        90 as period_days,
        cast(null as integer) as category_number
    from (
        select
            *,
            {{ chi_squared_z('2 * nats', 'freedom') }} as shift_z
        from divergences
    ) as shifts
    where 2 * nats > freedom
),

-- Of those who ordered since: whoever orders nothing at all is told of by the pause itself.
category_overdue as (
    select
        customer_id,
        snapshot_date,
        'category_overdue' as signal,
        cast(overdue_days_since_last as double) as observed,
        cast(overdue_gap_days as double) as expected,
        power(
            1 + coalesce(orders_falling_movement, 1) * overdue_days_since_last
            / (overdue_gap_days * (overdue_purchase_days - 1)),
            1 - overdue_purchase_days
        ) as p_value,
        cast(null as integer) as period_days,
        overdue_category_number as category_number
    from noticed
    where
        days_since_last_order < overdue_days_since_last
        and days_since_last_order <= mean_gap_days
        and overdue_days_since_last > overdue_gap_days
),

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
