"""How good the churn model is on public data, beside its peers. A tool of the developers."""
