{#- Amounts: their types, their currency, and what counts as a purchase. -#}

{#-
    Type of an amount in the deployment's currency: the decimals of ISO 4217, and at least two. The
    contracts in YAML read the same variable, because YAML knows variables and no macros.
-#}
{% macro money_type() -%}
    {{- return(var('money_type')) -}}
{%- endmacro %}

{#-
    Reject reasons ({reason: condition}) of amounts with more decimals than the deployment's
    currency has: rounding would publish an amount that was never charged. An amount in another
    currency keeps its decimals and is rounded once it is converted.
-#}
{% macro finer_than_the_currency(columns) -%}
    {%- set reasons = {} -%}
    {%- for column in columns -%}
        {%- do reasons.update({
            column ~ ' has more decimals than ' ~ var('currency'):
                column ~ ' != round(' ~ column ~ ', ' ~ var('currency_decimals') ~ ') and '
                ~ is_deployment_currency('currency')
        }) -%}
    {%- endfor -%}
    {{- return(reasons) -}}
{%- endmacro %}

{#- Code of a currency without regard to case and surrounding blanks; null for an empty text. -#}
{% macro currency_code(column) -%}
    nullif(upper(trim({{ column }})), '')
{%- endmacro %}

{#- True for an amount in the deployment's currency, as it is where no currency is named. -#}
{% macro is_deployment_currency(column) -%}
    coalesce({{ currency_code(column) }}, '{{ var("currency") }}') = '{{ var("currency") }}'
{%- endmacro %}

{#- An optional amount; null if it has more decimals than the deployment's currency. -#}
{% macro exact_amount(column) -%}
    case when {{ column }} = round({{ column }}, {{ var('currency_decimals') }}) then {{ column }} end
{%- endmacro %}

{#-
    Rates of the currencies and days of `pairs` (a query of currency and day): the latest rate dated
    on or before the day. Few pairs are looked up, however many rows have them.
-#}
{% macro rates_of(pairs) -%}
    select
        pairs.currency,
        pairs.day,
        rates.rate
    from ({{ pairs }}) as pairs
    asof inner join {{ source('ops', 'exchange_rates') }} as rates
        on pairs.currency = rates.currency and pairs.day >= rates.rated_on
{%- endmacro %}

{#-
    Accepted versions of orders with amounts in the deployment's currency, as a query in brackets.
    Amounts are null where the order's currency has no rate for its day. `rate` is the factor,
    `original_amount` the net amount and `original_refunded_amount` the refunded amount in the
    order's own currency, which is `original_currency`.
-#}
{% macro orders_in_currency() -%}
    {%- set known = is_deployment_currency('versions.currency') -%}
    {%- set net, refunded = 'versions.net_amount', 'abs(versions.refunded_amount)' -%}
    {%- set gross, discount = 'versions.gross_amount', 'versions.discount_amount' -%}
    {%- set amounts = {
        'gross_amount': (gross, exact_amount(gross)),
        'discount_amount': (discount, exact_amount(discount)),
        'net_amount': (net, net),
        'refunded_amount': (refunded, refunded),
    } -%}
    (
        select
            versions.* replace (
                {%- for name, (amount, exact) in amounts.items() %}
                cast(
                    case when {{ known }} then {{ exact }}
                    {%- if var('exchange_rates') %} else {{ amount }} * rates.rate{% endif %} end
                    as {{ money_type() }}
                ) as {{ name }}{{ ',' if not loop.last }}
                {%- endfor %}
            ),
            {{ currency_code('versions.currency') }} as original_currency,
            versions.net_amount as original_amount,
            abs(versions.refunded_amount) as original_refunded_amount,
            case when {{ known }} then 1
            {%- if var('exchange_rates') %} else rates.rate{% endif %} end as rate
        from {{ ref('int_orders_versions') }} as versions
        {%- if var('exchange_rates') %}
        left join (
            {%- set pairs %}
            select distinct
                {{ currency_code('currency') }} as currency,
                cast(ordered_at as date) as day
            from {{ ref('int_orders_versions') }}
            where not {{ is_deployment_currency('currency') }}
            {%- endset %}
            {{ rates_of(pairs) }}
        ) as rates
            on
                {{ currency_code('versions.currency') }} = rates.currency
                and cast(versions.ordered_at as date) = rates.day
        {%- endif %}
        where versions._reject_reason is null
    )
{%- endmacro %}

{#-
    True if an order is a purchase by its own amount (of `orders_in_currency`).

    A credit note (negative amount) is a refund. A free order is no purchase, because a sample or a
    coupon for the whole price is no sign of loyalty. A gift card counts once, by the setting
    `gift_cards`: when it is spent, its sale is no purchase; when it is sold, the order paid with it
    is a purchase without an amount (`purchase_amount`).
-#}
{% macro is_purchase(orders) -%}
    (
        {{ orders }}.original_amount > 0
        or ({{ orders }}.original_amount = 0 and {{ is_paid_by_gift_card(orders) }})
    )
    {%- if var('gift_cards') == 'count_when_spent' %}
    and not coalesce({{ orders }}.is_gift_card_sale, false)
    {%- endif %}
{%- endmacro %}

{#- Amount of a purchase in the deployment's currency; null where it is unknown. -#}
{% macro purchase_amount(orders) -%}
    {%- if var('gift_cards') == 'count_when_sold' -%}
    case when not {{ is_paid_by_gift_card(orders) }} then {{ orders }}.net_amount else 0 end
    {%- else -%}
    {{ orders }}.net_amount
    {%- endif -%}
{%- endmacro %}

{% macro is_paid_by_gift_card(orders) -%}
    coalesce(lower(trim({{ orders }}.payment_kind)) = 'gift_card', false)
{%- endmacro %}
