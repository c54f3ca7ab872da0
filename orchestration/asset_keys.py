"""Asset keys and the pool: every asset that Python code refers to, named once.

Definitions of assets do not belong here (`assets/`). Keys of other dbt models are computed by
`translator.py`.
"""

from __future__ import annotations

import dagster as dg

# Steps that open the working DuckDB file for writing; the instance admits one at a time.
WAREHOUSE_POOL = "warehouse_writer"

# What was removed because of its age, before the day is built.
REMOVED_ROWS = dg.AssetKey(["ops", "removed_rows"])

# dbt models and seeds.
FEATURES = dg.AssetKey(["features", "feat_customer_snapshots"])
FEATURE_CATALOGUE = dg.AssetKey(["seeds", "feature_catalogue"])
EXAMPLES = dg.AssetKey(["examples", "churn_examples"])
ACTION_CATALOGUE = dg.AssetKey(["seeds", "action_catalogue"])
ACTION_UNITS = dg.AssetKey(["experiments", "action_units"])
ACTION_CANDIDATES = dg.AssetKey(["actions", "action_candidates"])
DECISION_OUTCOMES = dg.AssetKey(["experiments", "decision_outcomes"])
ACTION_LIMITS = dg.AssetKey(["actions", "action_limits"])
# Texts, their labels and topics, and the customers who wrote them.
TEXTS = tuple(
    dg.AssetKey(["texts", name])
    for name in (
        "delivered_texts",
        "labelled_texts",
        "ticket_topics",
        "text_writers",
        "writer_names",
    )
)

# Models, and tables that Python writes.
CHURN_MODEL = dg.AssetKey(["ml", "churn_model"])
HOLDOUT_SCORES = dg.AssetKey(["ml", "holdout_scores"])
CHURN_SCORES = dg.AssetKey(["ml", "churn_scores"])
FEATURE_REFERENCE = dg.AssetKey(["ml", "feature_reference"])
FEATURE_COUNTS = dg.AssetKey(["ml", "feature_counts"])
BEHAVIOUR_GROUPS = dg.AssetKey(["ml", "behaviour_groups"])
TEXT_MODEL = dg.AssetKey(["ml", "text_model"])
TEXT_SCORES = dg.AssetKey(["ml", "text_scores"])
COMPLAINT_TERMS = dg.AssetKey(["ml", "complaint_terms"])
ACTION_EFFECTS = dg.AssetKey(["ml", "action_effects"])
ACTION_PRIORS = dg.AssetKey(["ml", "action_priors"])
ACTION_DECISIONS = dg.AssetKey(["ml", "action_decisions"])
UPLIFT_MODEL = dg.AssetKey(["ml", "uplift_model"])
UPLIFT_SCORES = dg.AssetKey(["ml", "uplift_scores"])

# Assets that only a training materialises.
TRAINING = (EXAMPLES, CHURN_MODEL, HOLDOUT_SCORES, BEHAVIOUR_GROUPS, TEXT_MODEL, UPLIFT_MODEL)

PUBLISHED = dg.AssetKey(["published", "holdfast"])
# Copies of the published tables, by the name of their section in `publish` of the configuration.
COPIES = {name: dg.AssetKey(["published", name]) for name in ("postgres", "parquet")}
# The check that blocks a day whose features have drifted.
FEATURES_ARE_AS_IN_TRAINING = dg.AssetCheckKey(FEATURE_COUNTS, "features_are_as_in_training")
# The check of a copy.
COPY_IS_CURRENT = "holds_the_published_version"

# The contacts of treated customers (a dbt model), and what receivers get.
ACTION_CONTACTS = dg.AssetKey(["hand_over", "action_contacts"])
HANDED_OVER = dg.AssetKey(["hand_over", "actions"])
RECEIVERS_TAKE_ALL = dg.AssetCheckKey(HANDED_OVER, "receivers_take_all")


def raw_key(source: str, table: str) -> dg.AssetKey:
    """The key of a source's raw table."""
    return dg.AssetKey([f"raw_{source}", table])
