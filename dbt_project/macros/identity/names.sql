{#- Personal names in a normal form, and how well two of them agree. -#}

{#- Lower case without accents; umlauts as one letter, however they were written (ue, ü, u). -#}
{% macro folded(text) -%}
    {{ folded_ascii("strip_accents(replace(replace(lower(" ~ text ~ "), 'ß', 'ss'), 'ø', 'o'))") }}
{%- endmacro %}

{% macro folded_ascii(text) -%}
    replace(replace(replace({{ text }}, 'ae', 'a'), 'oe', 'o'), 'ue', 'u')
{%- endmacro %}

{#-
    Normal form of a full name, given name first: KERN, Mia and Mia Kern are 'mia kern'. Null for an
    address; is_no_person finds the other values that are no name.
-#}
{% macro normalised_name(full_name) -%}
    {%- set folded = folded(full_name) -%}
    {%- set titles = '^((mr|mrs|ms|miss|mx|dr|prof|herr|frau|mme|mlle|sir|dipl|ing) )+' -%}
    {%- set given_first -%}
        case
            when contains({{ full_name }}, ',')
                then split_part({{ folded }}, ',', 2) || ' ' || split_part({{ folded }}, ',', 1)
            else {{ folded }}
        end
    {%- endset -%}
    {%- set letters -%}
        trim(regexp_replace(replace({{ given_first }}, '''', ''), '[^\p{L}]+', ' ', 'g'))
    {%- endset -%}
    case
        when regexp_full_match({{ full_name }}, '[A-Za-z]{4,} [A-Za-z]+')
            then {{ folded_ascii("lower(" ~ full_name ~ ")") }}
        when contains({{ full_name }}, '@') then null
        else regexp_replace({{ letters }}, '{{ titles }}', '')
    end
{%- endmacro %}

{#-
    True for a normalised name that is no person's: a company, or a word typed in place of a name (gust is
    guest, folded).
-#}
{% macro is_no_person(name) -%}
    (
        {{ name }} = ''
        or regexp_matches(
            {{ name }},
            '(^| )(gmbh|ag|kg|ug|ohg|gbr|ev|ltd|limited|llc|inc|corp|bv|nv|sarl|srl|spa|oy|plc|company|firma|verein|gust|gast|gastkunde|unknown|unbekannt|customer|kunde|kundin|konto|account|checkout|placeholder|deleted|redacted|anonymized|anonymised|anonymous|anonym)( |$)'
        )
        or {{ name }} in ('na', 'n a', 'none', 'null', 'test', 'test test', 'no name', 'xxx', 'x x', 'name', 'user', 'admin')
    )
{%- endmacro %}

{#-
    Agreement of two normalised names: 3 the same person's by spelling, order, nickname or a typing
    error; 2 an initial that fits, with the family name; 1 similar given names, as Paul and Paula;
    0 other people; null where one is unknown or they are in different scripts. `one` and `other`
    are relations with the columns name, tokens, and given_name (the full form of a nickname).
-#}
{% macro name_agreement(one, other) -%}
    {%- set a, b = one ~ '.tokens', other ~ '.tokens' -%}
    {%- set same_family -%}
        (
            len({{ a }}) = 1
            or len({{ b }}) = 1
            or damerau_levenshtein({{ a }}[-1], {{ b }}[-1]) <= 1
        )
    {%- endset -%}
    {%- set shorter = "least(length(" ~ a ~ "[1]), length(" ~ b ~ "[1]))" -%}
    case
        when {{ one }}.name is null or {{ other }}.name is null then null
        when {{ one }}.name = {{ other }}.name then 3
        when regexp_matches({{ one }}.name, '[a-z]') != regexp_matches({{ other }}.name, '[a-z]') then null
        when not regexp_matches({{ one }}.name, '[a-z]') then
            -- Without spaces and an order that is sure, as in Chinese.
            case
                when
                    list_sort(string_split(replace({{ one }}.name, ' ', ''), ''))
                    = list_sort(string_split(replace({{ other }}.name, ' ', ''), ''))
                    then 3
                else 0
            end
        when list_sort({{ a }}) = list_sort({{ b }}) then 3
        when {{ shorter }} = 1 then
            case when left({{ a }}[1], 1) = left({{ b }}[1], 1) and {{ same_family }} then 2 else 0 end
        when {{ one }}.given_name = {{ other }}.given_name or {{ a }}[1] = {{ b }}[1] then 3
        -- Paul and Paula, Mario and Maria, Christian and Christine are two people.
        when
            regexp_replace({{ a }}[1], '(ine|in|ette|[aeiou])$', '')
            = regexp_replace({{ b }}[1], '(ine|in|ette|[aeiou])$', '')
            then 1
        when {{ shorter }} >= 4 and damerau_levenshtein({{ a }}[1], {{ b }}[1]) <= 1
            then case when {{ same_family }} then 3 else 1 end
        -- Two letters in the wrong order.
        when
            {{ same_family }}
            and list_sort(string_split({{ a }}[1], '')) = list_sort(string_split({{ b }}[1], ''))
            then 3
        when {{ shorter }} >= 7 and damerau_levenshtein({{ a }}[1], {{ b }}[1]) <= 2 and {{ same_family }} then 3
        when
            {{ shorter }} >= 2
            and (starts_with({{ a }}[1], {{ b }}[1]) or starts_with({{ b }}[1], {{ a }}[1]))
            then 1
        -- Hans Peter Kern and Peter Kern.
        when list_has_all({{ a }}, {{ b }}) or list_has_all({{ b }}, {{ a }}) then 1
        else 0
    end
{%- endmacro %}

{#- True for birth years of two people; a difference of one may be a typing error. -#}
{% macro birth_years_differ(one, other) -%}
    coalesce(abs({{ one }}.birth_year - {{ other }}.birth_year) > 1, false)
{%- endmacro %}
