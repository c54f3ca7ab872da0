"""Values of the bundle that the import replaces by those of the deployment."""

PUBLISHED_FILE = "/var/lib/holdfast/published/holdfast.duckdb"
CURRENCY = "EUR"
