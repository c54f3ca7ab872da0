"""Effects of actions: experiments measured by intention to treat, and what later choices learn.

`measure_effects` compares treated customers with control customers, `update_priors` updates the
catalogue's expectations by their results, and `uplift_learner` ranks customers by the effect on
them. The choice of an action (`ml/decisions/`) and the definition of an experiment unit (SQL in
`dbt_project/`) do not belong here.
"""
