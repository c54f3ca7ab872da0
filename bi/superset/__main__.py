"""`python -m bi.superset`: writes the bundle from the dbt project and the descriptions."""

from __future__ import annotations

from bi.superset.bundle import write
from cli.data_dictionary import demo_manifest

if __name__ == "__main__":
    write(demo_manifest())
