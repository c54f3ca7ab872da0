{#- Normal forms of the keys that link source records, and connected components. -#}

{#-
    Normal form of an e-mail address, equal for all spellings of one mailbox: lower case, without
    the tag and the dots that the mail provider ignores, provider aliases as one. Null if it is no
    address. `provider` is the row of seeds/mail_providers.csv for its domain.
-#}
{% macro normalised_email(email, provider) -%}
    case
        when regexp_full_match(trim({{ email }}), '[^@\s]+@[^@\s]+\.[^@\s.]+')
            then
                case
                    when {{ provider }}.ignores_dots
                        then replace(split_part(split_part(lower(trim({{ email }})), '@', 1), '+', 1), '.', '')
                    when {{ provider }}.ignores_tags
                        then split_part(split_part(lower(trim({{ email }})), '@', 1), '+', 1)
                    else split_part(lower(trim({{ email }})), '@', 1)
                end
                || '@'
                || coalesce({{ provider }}.mailbox_domain, split_part(lower(trim({{ email }})), '@', 2))
    end
{%- endmacro %}

{#-
    Telephone number as E.164 digits with a plus, or null for an invalid number. `dialling` is the
    row of seeds/dialling_codes.csv for the source record's country, or for the deployment's
    country.
-#}
{% macro normalised_phone(phone, dialling) -%}
    {%- set digits = "regexp_replace(" ~ phone ~ ", '[^0-9]', '', 'g')" -%}
    {%- set bare = "regexp_replace(replace(" ~ phone ~ ", '(0)', ''), '[^0-9+]', '', 'g')" -%}
    case
        when length({{ digits }}) not between 7 and 17 then null
        when {{ bare }} like '+%' then '+' || ltrim({{ digits_of(bare) }}, '0')
        when {{ bare }} like '00%' then '+' || substr({{ digits_of(bare) }}, 3)
        when {{ dialling }}.trunk_prefix is not null and starts_with({{ bare }}, {{ dialling }}.trunk_prefix)
            then '+' || {{ dialling }}.code || substr({{ bare }}, length({{ dialling }}.trunk_prefix) + 1)
        when {{ dialling }}.trunk_prefix is null or length({{ bare }}) <= {{ dialling }}.national_digits
            then '+' || {{ dialling }}.code || {{ bare }}
        else '+' || {{ bare }}
    end
{%- endmacro %}

{% macro digits_of(text) -%}
    replace({{ text }}, '+', '')
{%- endmacro %}

{#-
    Connected components of an undirected graph, each named by its smallest node: a relation (node,
    component). `nodes` (node) and `edges` (node, neighbour; both directions) are CTEs. Labels
    spread one edge a step, and only nodes whose label just fell are visited again. The number of
    steps is the longest shortest path: a handful for records that share keys.
-#}
{% macro connected_components(name, nodes, edges) -%}
{{ name }} (node, component) using key (node) as (
    select
        node,
        node as component
    from {{ nodes }}
    union
    select
        reached.node,
        min(spread.component) as component
    from {{ name }} as spread
    inner join {{ edges }} as links on spread.node = links.node
    inner join recurring.{{ name }} as reached on links.neighbour = reached.node
    where spread.component < reached.component
    group by reached.node
)
{%- endmacro %}

{#- Customer ids by the numbers on which features are joined. -#}
{% macro ids_by_number() -%}
    select
        record_no as customer_no,
        own_customer_id as customer_id
    from {{ ref('int_identity_history') }}
    where is_first_stretch
{%- endmacro %}

{#- Customer ids by number, as of the date of `as_of`. -#}
{% macro ids_as_of() -%}
    select distinct
        history.customer_no,
        history.customer_id
    from {{ ref('int_identity_history') }} as history
    inner join as_of
        on history.valid_from <= as_of.as_of_date and as_of.as_of_date < history.valid_to
{%- endmacro %}
