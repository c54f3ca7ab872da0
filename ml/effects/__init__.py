"""Effects of actions: experiments measured by intention to treat, and what later choices learn.

`measure_effects` compares treated customers with control customers, and `update_priors` updates
the catalogue's expectations by their results. The effect on a single customer (`ml/uplift/`), the
choice of an action (`ml/decisions/`) and the definition of an experiment unit (SQL in
`dbt_project/`) do not belong here.
"""
