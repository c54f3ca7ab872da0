from __future__ import annotations

import jinja2

from ingestion.connect.profiling.entities import SCHEMAS
from tests.unit.ingestion.connect.conftest import ROOT


def test_the_schemas_are_the_canonical_columns_of_the_warehouse() -> None:
    macros = (ROOT / "dbt_project" / "macros" / "entities.sql").read_text()
    macro = macros[macros.index("{% macro entity_columns") : macros.index("{% macro union_sources")]
    macro = macro[: macro.rindex("{%- endmacro %}") + len("{%- endmacro %}")]
    returned: list[dict[str, str]] = []
    environment = jinja2.Environment(autoescape=False)
    for entity, schema in SCHEMAS.items():
        call = f"{{{{ entity_columns('{entity}') }}}}"
        environment.from_string(macro + call).render({"return": returned.append})
        assert {name: kind for name, (kind, _) in schema.columns.items()} == returned[-1]
        assert list(schema.columns) == list(returned[-1])
