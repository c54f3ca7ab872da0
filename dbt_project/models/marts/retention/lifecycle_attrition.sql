{#-
    Customers of each lifecycle stage in each month, up to the as-of date. A customer is in a stage
    from the day of reaching it to the day of reaching a later one (advanced) or of being lost:
    eligible_days have passed without a purchase, or no contract is left. A customer who returns
    enters again. A status by the customer's own interval is a risk and no loss. No boundary depends
    on the as-of date, so a closed month changes only by what was learned late: lost less
    lost_first_reported.

    Customers are not followed from month to month: those who entered by the end of a month and did
    not leave before its start are in the stage in that month. Cumulative sums of entries and exits
    give their number.
-#}
{%- set is_contractual = var('churn_kind') == 'contractual' -%}
{%- set prospect, trial = segment_values('lifecycle_stage')[:2] -%}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

stages (stage, stage_no) as (
    values
    {%- for each in lifecycle_stages() %}
    ('{{ each.stage }}', {{ loop.index }}){{ ',' if not loop.last }}
    {%- endfor %}
),

months as (
    select cast(unnest(generate_series(
        date_trunc('month', date '{{ var("first_date") }}'),
        date_trunc('month', as_of_date),
        interval 1 month
    )) as date) as month
    from as_of
),

customers as (
    select
        customer_id,
        coalesce(cast(first_seen_at as date), date '{{ var("first_date") }}') as seen_on,
        cast(first_order_at as date) as first_order_on,
        lifecycle_stage
    from {{ ref('dim_customers') }}
),
{% if is_contractual %}
contracts as (
    select
        *,
        coalesce(ended_on, date '9999-12-31') as runs_to
    from {{ ref('int_customer_contracts') }}
),

identities as (
    {{ ids_as_of() }}
),

contract_starts as (
    select
        identities.customer_id,
        min(contracts.started_on) filter (contracts.is_trial) as trial_on,
        -- Null while a trial runs: it is not lost before its end.
        coalesce(
            case
                when count(*) filter (contracts.is_trial and contracts.ended_on is null) = 0
                    then max(contracts.ended_on) filter (contracts.is_trial)
            end,
            date '9999-12-31'
        ) as trial_ended_on,
        min(contracts.started_on) filter (not contracts.is_trial) as first_on
    from contracts
    inner join identities using (customer_no)
    group by identities.customer_id
),

beginnings as (
    select
        customers.*,
        contract_starts.first_on,
        coalesce(
            contract_starts.trial_on,
            case when customers.lifecycle_stage = '{{ trial }}' then customers.seen_on end
        ) as trial_on,
        case when contract_starts.trial_on is not null then contract_starts.trial_ended_on end
            as trial_ended_on
    from customers
    left join contract_starts using (customer_id)
),

-- Contracts that overlap, or follow within swap_gap_days, form one interval: a change of plan.
numbered_contracts as (
    select
        *,
        min(started_on) over (partition by customer_no) as first_on,
        coalesce(started_on > {{ var('swap_gap_days') }} + max(runs_to) over (
            partition by customer_no order by started_on, runs_to
            rows between unbounded preceding and 1 preceding
        ), true) as is_new_stretch
    from contracts
    where not is_trial
),

stretch_numbers as (
    select
        *,
        count(*) filter (is_new_stretch) over (
            partition by customer_no order by started_on, runs_to
            rows between unbounded preceding and current row
        ) as stretch_no
    from numbered_contracts
),

stretches as (
    select
        customer_no,
        first_on,
        min(started_on) as runs_from,
        max(runs_to) as runs_to
    from stretch_numbers
    group by customer_no, first_on, stretch_no
),

steps (stage, first_day, next_day) as (
    values {{ contract_stages() }}
),

stays as (
    select
        steps.stage,
        greatest(stretches.runs_from, stretches.first_on + steps.first_day) as entered_on,
        least(stretches.runs_to, stretches.first_on + steps.next_day) as left_on,
        left_on < stretches.runs_to as is_advance
    from stretches
    cross join steps
    where entered_on < left_on
),
{% else %}
beginnings as (
    select
        *,
        first_order_on as first_on,
        case when lifecycle_stage = '{{ trial }}' then seen_on end as trial_on,
        cast(null as date) as trial_ended_on
    from customers
),

turns as (
    select
        purchase_no,
        purchased_on,
        next_on,
        lost_on,
        {{ lifecycle_stage('purchase_no', 'null') }} as stage,
        {{ lifecycle_stage('purchase_no + 1', 'null') }} as next_stage
    from {{ ref('int_customer_purchases') }}
    where purchase_no = 1 or lost_on is not null or next_stage != stage
),

-- A stay begins with one purchase and ends after another; matching the two is not needed.
stays as (
    select
        stage,
        purchased_on as entered_on,
        cast(null as date) as left_on,
        false as is_advance
    from turns
    where purchase_no = 1
    union all
    select
        next_stage as stage,
        next_on as entered_on,
        cast(null as date) as left_on,
        false as is_advance
    from turns
    where next_on is not null and (lost_on is not null or next_stage != stage)
    union all
    select
        stage,
        cast(null as date) as entered_on,
        coalesce(lost_on, next_on) as left_on,
        lost_on is null as is_advance
    from turns
    where lost_on is not null or next_stage != stage
),
{% endif %}
-- A prospect, or a trial without a contract, is lost after the deployment's eligible_days, counted
-- from its first day. The trial of a contract is lost at its
-- end, unless a paid contract follows within swap_gap_days.
waiting as (
    select
        '{{ prospect }}' as stage,
        seen_on as entered_on,
        coalesce(least(trial_on, first_on), trial_on, first_on) as next_on,
        seen_on + {{ var('eligible_days') }} as given_up_on,
        0 as swap_gap_days
    from beginnings
    where seen_on < coalesce(least(trial_on, first_on), trial_on, first_on, date '9999-12-31')
    union all
    select
        '{{ trial }}' as stage,
        trial_on as entered_on,
        first_on as next_on,
        coalesce(trial_ended_on, trial_on + {{ var('eligible_days') }}) as given_up_on,
        case when trial_ended_on < date '9999-12-31' then {{ var('swap_gap_days') }} else 0 end
            as swap_gap_days
    from beginnings
    where trial_on < coalesce(first_on, date '9999-12-31')
),

waits as (
    select
        stage,
        entered_on,
        coalesce(next_on <= given_up_on + swap_gap_days, false) as is_advance,
        case when is_advance then next_on else given_up_on end as left_on
    from waiting
),

all_stays as (
    select * from stays
    union all
    select
        stage,
        entered_on,
        left_on,
        is_advance
    from waits
    where left_on >= (select min(months.month) from months)
),

entries as (
    select
        stage,
        greatest(
            cast(date_trunc('month', entered_on) as date), (select min(months.month) from months)
        ) as month,
        count(*) as came
    from all_stays
    where entered_on <= (select as_of.as_of_date from as_of)
    group by all
),

exits as (
    select
        stage,
        greatest(
            cast(date_trunc('month', left_on) as date), (select min(months.month) from months)
        ) as month,
        count(*) filter (is_advance) as advanced,
        count(*) filter (not is_advance) as lost
    from all_stays
    where left_on <= (select as_of.as_of_date from as_of)
    group by all
),

counted as (
    select
        months.month,
        stages.stage,
        stages.stage_no,
        coalesce(entries.came, 0) as came,
        coalesce(exits.advanced, 0) as advanced,
        coalesce(exits.lost, 0) as lost
    from months
    cross join stages
    left join entries using (month, stage)
    left join exits using (month, stage)
),

first_reported as (
    select
        stage,
        greatest(month, (select min(months.month) from months)) as month,
        sum(lost) as lost
    from {{ ref('int_first_reported_losses') }}
    group by all
),

in_stage as (
    select
        *,
        sum(came - advanced - lost) over (partition by stage order by month) as stayed
    from counted
),

final as (
    select
        in_stage.month,
        in_stage.stage,
        cast(in_stage.stage_no as integer) as stage_no,
        last_day(in_stage.month) <= as_of.as_of_date as is_complete,
        cast(in_stage.came + lag(in_stage.stayed, 1, 0) over by_month as bigint) as entered,
        cast(in_stage.advanced as bigint) as advanced,
        cast(in_stage.stayed as bigint) as stayed,
        cast(in_stage.lost as bigint) as lost,
        {%- if is_contractual %}
        cast(null as bigint) as lost_first_reported,
        {%- else %}
        case
            when
                last_day(in_stage.month) <= as_of.as_of_date
                and in_stage.stage not in ('{{ prospect }}', '{{ trial }}')
                then cast(coalesce(first_reported.lost, 0) as bigint)
        end as lost_first_reported,
        {%- endif %}
        in_stage.lost / nullif(in_stage.came + lag(in_stage.stayed, 1, 0) over by_month, 0)
            as attrition_rate
    from in_stage
    cross join as_of
    left join first_reported using (month, stage)
    window by_month as (partition by in_stage.stage order by in_stage.month)
    order by in_stage.month, in_stage.stage_no
)

select * from final
