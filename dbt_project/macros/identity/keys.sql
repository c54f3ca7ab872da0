{#- Normal forms of e-mail addresses, and values that were written in place of one. -#}

{#-
    The first e-mail address of a text, in lower case; null if the text has none. Invisible
    characters are dropped. A display name, brackets, mailto:, and surplus signs around the address
    are not part of it, and neither is a second address.
-#}
{% macro first_email(text) -%}
    {%- set invisible = '[\\x{00AD}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{2064}\\x{FEFF}]' -%}
    {%- set visible -%}
        regexp_replace(replace({{ text }}, '＠', '@'), '{{ invisible }}', '', 'g')
    {%- endset -%}
    case
        when regexp_full_match({{ text }}, '[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+')
            then lower({{ text }})
        else nullif(lower(regexp_extract(
            {{ visible }},
            '[^\s\x{00A0}<>()\[\]"'',;:|@.][^\s\x{00A0}<>()\[\]",;:|@]*@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+'
        )), '')
    end
{%- endmacro %}

{#-
    Mailbox of an e-mail address in lower case, equal for all its spellings: without the tag and the
    dots that the mail provider ignores, provider aliases as one. `provider` is the row of
    seeds/mail_providers.csv for the domain.
-#}
{% macro mailbox(name, domain, provider) -%}
    case
        when {{ provider }}.ignores_dots then replace(split_part({{ name }}, '+', 1), '.', '')
        when {{ provider }}.ignores_tags then split_part({{ name }}, '+', 1)
        else {{ name }}
    end
    || '@'
    || coalesce({{ provider }}.mailbox_domain, {{ domain }})
{%- endmacro %}

{#-
    Word of a mailbox name for the look-up in seeds/mailbox_words.csv: no-reply, no.reply and
    noreply2 are one. Digits count in short names, because na1987 is a person. `plain` is the name
    without dots and dashes.
-#}
{% macro mailbox_word(plain) -%}
    case
        when length(rtrim({{ plain }}, '0123456789')) >= 4 then rtrim({{ plain }}, '0123456789')
        else {{ plain }}
    end
{%- endmacro %}

{#-
    True if no mailbox can exist at the domain: reserved by RFC 2606 for tests, or without a domain
    at all. example.com and .example are reserved too, but documents use them for made-up people.
-#}
{% macro is_impossible_domain(email) -%}
    regexp_matches({{ email }}, '[@.](invalid|test|localhost|localdomain)$')
{%- endmacro %}

{#- True if the domain is reserved for examples (RFC 2606). -#}
{% macro is_example_domain(email) -%}
    regexp_matches({{ email }}, '[@.](example|example\.(com|net|org))$')
{%- endmacro %}

{#-
    True if a system wrote the value when it erased a person: deleted@site.invalid (WordPress and
    WooCommerce), <hash>@site.invalid (Easy Digital Downloads), anonymous@psgdpr.com (PrestaShop),
    redacted (Shopify), deleted or gdpr (HubSpot), Permanently Deleted User (Zendesk), [deleted], and
    the same words as a part of the domain or in German, French and Spanish.
    The first, quick condition spares nearly all values the others.
-#}
{% macro is_erasure(value) -%}
    case
        when not regexp_matches({{ value }}, '(?i)delet|redact|eras|remov|anonym|forgot|gdpr|gel(ö|oe)scht|supprim|eliminad|borrad|site\.invalid')
            then false
        else
            regexp_matches(
                lower({{ value }}),
                '@(site\.invalid|psgdpr\.com)\s*$|@([a-z0-9-]+\.)*(deleted|redacted|erased|removed|anonymi[sz]ed|anonymous|gdpr)\.'
            )
            or regexp_full_match(
                regexp_replace(
                    regexp_replace(split_part(lower({{ value }}), '@', 1), '[öé]', 'oe', 'g'),
                    '[^a-z]', '', 'g'
                ),
                '(user|customer|contact|account|person|visitor|kunde)*(permanently|gdpr)?'
                || '(deleted|redacted|erased|removed|anonymi[sz]ed|anonymous|anonym(isiert)?|forgotten|gdpr|geloescht|supprimoee?|eliminado|borrado)+'
                || '(user|customer|contact|account|person|visitor|kunde)*'
            )
    end
{%- endmacro %}

{#- Hash that replaces the key of an erased person. -#}
{% macro erased_key(key_type, key_value) -%}
    'erased:' || md5({{ key_type }} || ':' || {{ key_value }})
{%- endmacro %}
