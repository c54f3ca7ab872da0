{#- States of a contract: words of its status, and the dates of its trial, pause and end. -#}

{#-
    Status of a contract and the words by which billing systems and exports name it, in the form of
    `contract_status`. WooCommerce, Chargebee, Recurly, PayPal, Braintree and Stripe are covered.

    A contract with notice given (`non_renewing`, `pending_cancel`) is active until its end date.
-#}
{% macro contract_statuses() -%}
    {{ return({
        'trialing': ['trial', 'trialling', 'in_trial', 'on_trial', 'free_trial', 'trial_period',
            'probe', 'probezeit', 'testphase', 'prueba', 'en_prueba', 'essai', '试用', '试用中'],
        'active': ['live', 'running', 'in_force', 'current', 'renewed', 'resumed', 'reactivated',
            'non_renewing',
            'not_renewing', 'pending_cancel', 'pending_cancellation', 'cancel_at_period_end',
            'aktiv', 'laufend', 'activo', 'activa', 'ativo', 'ativa', 'actif', 'active_until',
            '生效', '生效中'],
        'past_due': ['pastdue', 'overdue', 'in_dunning', 'dunning', 'delinquent', 'in_arrears',
            'payment_failed', 'payment_overdue', 'grace_period', 'in_grace_period', 'on_retry',
            'in_billing_retry', 'ueberfaellig', 'überfällig', 'vencido', 'en_retard', '逾期'],
        'unpaid': ['not_paid', 'unbezahlt', 'impago', 'impaye', '未付款'],
        'paused': ['pause', 'on_pause', 'on_hold', 'hold', 'suspended', 'frozen', 'halted',
            'pausiert', 'ruhend', 'pausado', 'pausada', 'suspendido', 'suspenso', 'suspendu',
            'en_pause', '暂停', '已暂停'],
        'cancelled': ['canceled', 'ended', 'expired', 'terminated', 'closed', 'inactive', 'lapsed',
            'churned', 'finished', 'completed', 'deactivated', 'stopped', 'gekuendigt',
            'gekündigt', 'beendet', 'abgelaufen', 'cancelado', 'cancelada', 'terminado', 'resilie',
            'résilié', 'expire', '已取消', '已过期', '已终止'],
        'incomplete': ['pending', 'future', 'not_started', 'created', 'draft', 'approval_pending',
            'approved', 'awaiting_payment', 'ausstehend', 'pendiente', 'pendente', '待付款'],
        'incomplete_expired': ['never_activated', 'activation_failed', 'abandoned', 'failed',
            'rejected', 'declined', 'void', 'voided'],
    }) }}
{%- endmacro %}

{#-
    Canonical status of a contract from the word of a source, read without regard to case, spaces
    and hyphens; a prefix `wc-` is dropped. Null for an empty word. An unknown word stays as it is:
    the row is then rejected (int_subscriptions_versions).
-#}
{% macro contract_status(word) -%}
    {%- set plain -%}
        regexp_replace(regexp_replace(lower(trim({{ word }})), '[\s_-]+', '_', 'g'), '^wc_', '')
    {%- endset -%}
    case
        when trim({{ word }}) = '' then null
        {%- for status, words in contract_statuses().items() %}
        when {{ plain }} in ('{{ ([status] + words) | join("', '") }}') then '{{ status }}'
        {%- endfor %}
        else {{ word }}
    end
{%- endmacro %}

{#-
    Versions of contracts with their dates: one row per accepted version (known_from <= day <
    known_to). Dates that a version does not have are 9999-12-31.

    paid_from: first day that is paid for: the start, or the end of the trial. Never for a contract
        that is still in trial, that ended with its trial, or whose first payment never arrived.
    paused_from, paused_to: days of the pause (paused_from <= day < paused_to).
    ended_on: first day without the contract.

    The status decides the present, the dates the past. A contract that its source reports as
    trialing or paused is so until the source reports otherwise, even if the trial's end or the
    resume date has passed. A pause that is not resumed within horizon_days after its resume date
    has ended the contract. Without a status the dates decide alone. A status without a date counts
    from the delivery that first showed it (status_from); a contract that had ended before the first
    delivery and has no end date was under contract on no known day (has_unknown_end).

    A contract that never became active (incomplete, incomplete_expired) has no row.
-#}
{% macro contract_dates() -%}
    {%- set never = "date '9999-12-31'" -%}
    with versions as (
        select
            *,
            cast(started_at as date) as started_on,
            coalesce(cast(trial_ends_at as date), trial_to) as trial_ends_on,
            status = 'cancelled'
            and ended_at is null
            and status_from = date '0001-01-01' as has_unknown_end
        from {{ ref('int_subscriptions_versions') }}
        where
            _reject_reason is null
            and coalesce(status not in ('incomplete', 'incomplete_expired'), true)
            and not (
                coalesce(has_never_paid, false) and coalesce(trial_ends_at, trial_to) is null
            )
    ),

    paused as (
        select
            *,
            case
                when status = 'paused'
                    then greatest(coalesce(cast(paused_at as date), status_from), started_on)
                -- A source that keeps the date of a pause after it was resumed.
                when status not in ('paused', 'cancelled') and resumes_at is null then {{ never }}
                else greatest(coalesce(cast(paused_at as date), {{ never }}), started_on)
            end as paused_from,
            case
                when status = 'paused' then {{ never }}
                else coalesce(cast(resumes_at as date), {{ never }})
            end as paused_to,
            case
                when ended_at is not null then cast(ended_at as date)
                when status = 'cancelled' then greatest(status_from, started_on)
                when status = 'paused'
                    then coalesce(
                        cast(resumes_at as date) + {{ var('horizon_days') }}, {{ never }}
                    )
                else {{ never }}
            end as ended_on
        from versions
    )

    select
        source,
        source_customer_id,
        plan,
        status,
        monthly_amount,
        auto_renew,
        term_months,
        started_at,
        resumes_at,
        _row,
        known_from,
        known_to,
        started_on,
        case
            when lower(plan) = 'trial' or status = 'trialing' or has_never_paid then {{ never }}
            -- Time zones and nightly jobs part the end of a trial from that of its contract.
            when trial_ends_on >= ended_on - 1 then {{ never }}
            -- Paused at the end of the trial, for want of a means of payment.
            when trial_ends_on > started_on and paused_from <= trial_ends_on then paused_to
            else greatest(started_on, coalesce(trial_ends_on, started_on))
        end as paid_from,
        paused_from,
        paused_to,
        ended_on,
        coalesce(has_unknown_end, false) as has_unknown_end
    from paused
{%- endmacro %}

{#-
    Day from which the end of a contract counts as a loss: swap_gap_days after the end, because
    until then another contract may follow (a change of plan). Only as long as the version is known.
-#}
{% macro held_to(known_to, ended_on) -%}
    least({{ known_to }}, {{ ended_on }} + case
        when {{ ended_on }} < date '9999-12-31' then {{ var('swap_gap_days') }} else 0
    end)
{%- endmacro %}

{#-
    State of a customer's contracts on a date, from the rows of feat_contracts. The state that needs
    attention first wins: a payment that is overdue, then a paid contract, a pause, a trial.

    pause_overdue: paused beyond the resume date. trial_ended: no trial became a paid contract.
-#}
{% macro contract_state() -%}
    case
        when count_if(is_running and not is_paused and status in ('past_due', 'unpaid')) > 0
            then 'past_due'
        when count_if(is_active) > 0 then 'active'
        when count_if(is_running and is_paused and is_resume_due) > 0 then 'pause_overdue'
        when count_if(is_running and is_paused) > 0 then 'paused'
        when count_if(is_running) > 0 then 'trial'
        when count_if(is_paid or has_unknown_end) > 0 then 'ended'
        when bool_or(has_trial) then 'trial_ended'
    end
{%- endmacro %}
