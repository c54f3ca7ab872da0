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

{#-
    Code of a currency without regard to case and surrounding blanks; null for an empty text. A sign
    or a name of one currency is its code. A sign that several currencies share is the deployment's
    currency, if this is one of them, and otherwise no known code.
-#}
{% macro currency_code(column) -%}
    {%- set word = 'upper(trim(' ~ column ~ '))' -%}
    {%- set signs = {
        '€': 'EUR', 'EURO': 'EUR', 'EUROS': 'EUR', '£': 'GBP', 'US$': 'USD', 'USD$': 'USD',
        'CA$': 'CAD', 'C$': 'CAD', 'AU$': 'AUD', 'A$': 'AUD', 'NZ$': 'NZD', 'HK$': 'HKD',
        'R$': 'BRL', 'ZŁ': 'PLN', 'KČ': 'CZK', 'FT': 'HUF', '₹': 'INR', '₺': 'TRY', '₪': 'ILS',
        '₩': 'KRW', '₽': 'RUB', '₴': 'UAH', 'SFR': 'CHF', 'SFR.': 'CHF', 'FR.': 'CHF',
    } -%}
    {%- for sign, codes in {
        '$': ['USD', 'CAD', 'AUD', 'NZD', 'HKD', 'SGD', 'MXN', 'CLP', 'COP', 'ARS'],
        '¥': ['JPY', 'CNY'],
        'KR': ['SEK', 'NOK', 'DKK', 'ISK'],
        'KR.': ['SEK', 'NOK', 'DKK', 'ISK'],
    }.items() if var('currency') in codes -%}
        {%- do signs.update({sign: var('currency')}) -%}
    {%- endfor -%}
    case {{ word }}
        when '' then null
        {%- for sign, code in signs.items() %}
        when '{{ sign }}' then '{{ code }}'
        {%- endfor %}
        else {{ word }}
    end
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
    order's own currency, which is `original_currency`. `gift_card_amount` is the part of the net
    amount that its lines sell as gift cards, in the order's own currency, as known when the version
    was delivered.
-#}
{% macro orders_in_currency() -%}
    {%- set has_lines = var('sources_by_entity')['order_lines'] -%}
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
            {%- if var('exchange_rates') %} else rates.rate{% endif %} end as rate,
            {%- if has_lines %}
            case
                when gift_cards.is_all then versions.net_amount
                when gift_cards.gift_card_amount is not null
                    then least(gift_cards.gift_card_amount, versions.net_amount)
            end as gift_card_amount
            {%- else %}
            cast(null as decimal(18, 4)) as gift_card_amount
            {%- endif %}
        from {{ ref('int_orders_versions') }} as versions
        {%- if has_lines %}
        left join (
            select
                source,
                source_order_id,
                gift_card_amount,
                gift_card_lines = line_count as is_all,
                known_from,
                known_to
            from {{ ref('int_order_baskets') }}
            where gift_card_lines > 0
        ) as gift_cards
            on
                versions.source = gift_cards.source
                and versions.source_order_id = gift_cards.source_order_id
                and gift_cards.known_from <= versions.known_from
                and versions.known_from < gift_cards.known_to
        {%- endif %}
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
    is a purchase without an amount (`purchase_amount`). An order of goods and a gift card is a
    purchase of the goods.
-#}
{% macro is_purchase(orders) -%}
    (
        {{ revenue_amount(orders) }} > 0
        or ({{ orders }}.original_amount = 0 and {{ is_paid_by_gift_card(orders) }})
    )
    {%- if var('gift_cards') == 'count_when_spent' %}
    and not coalesce({{ orders }}.is_gift_card_sale, false)
    {%- endif %}
{%- endmacro %}

{#-
    The part of an order's net amount that can be revenue, in the order's own currency: all but the
    gift cards that its lines sell, where a gift card counts when it is spent.
-#}
{% macro revenue_amount(orders) -%}
    {%- if var('gift_cards') == 'count_when_spent' -%}
    ({{ orders }}.original_amount - coalesce({{ orders }}.gift_card_amount, 0))
    {%- else -%}
    {{ orders }}.original_amount
    {%- endif -%}
{%- endmacro %}

{#- Amount of a purchase in the deployment's currency; null where it is unknown. -#}
{% macro purchase_amount(orders) -%}
    {%- if var('gift_cards') == 'count_when_sold' -%}
    case when not {{ is_paid_by_gift_card(orders) }} then {{ orders }}.net_amount else 0 end
    {%- else -%}
    {#- Only orders with gift cards are cast: the difference has 128 bits, whose cast takes 0.8 µs. -#}
    case
        when {{ orders }}.gift_card_amount is null then {{ orders }}.net_amount
        else
            cast(
                {{ orders }}.net_amount - {{ orders }}.gift_card_amount * {{ orders }}.rate
                as {{ money_type() }}
            )
    end
    {%- endif -%}
{%- endmacro %}

{% macro is_paid_by_gift_card(orders) -%}
    coalesce(lower(trim({{ orders }}.payment_kind)) = 'gift_card', false)
{%- endmacro %}
