{#-
    Share of would-be churned customers whom each action keeps, by cause: the catalogue's estimate,
    updated by the measured effects.
-#}
select
    action_id,
    cause,
    save_share,
    save_share_sd,
    probability_of_help
from {{ source('ml', 'action_priors') }}
