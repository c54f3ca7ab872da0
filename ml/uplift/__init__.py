"""Uplift: learned effects of actions on single customers, and the value of a rule that uses them.

`uplift_learner` learns from randomised units, `uplift_training` judges a learner on a later period,
and `offline_value` values a rule on logged decisions before it decides for anybody. The
measurement of effects (`ml/effects/`) and the choice of an action (`ml/decisions/`) do not belong
here.
"""
