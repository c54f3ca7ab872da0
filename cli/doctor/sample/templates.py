"""SQL of a staging model, rendered with the project's macros and without dbt.

Starting dbt takes six seconds. Staging models use macros, variables, sources, seeds and base models
of their own folder, which a template engine resolves in milliseconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import yaml

from warehouse.quoting import literal

# Both macros list every value that is lost, and not the first; the separators occur in no text.
SEPARATOR, STATE = "\x1f", "\x1e"
# Numbers in a column of words are ids, which a spreadsheet has rewritten.
_COUNTING = """
{%- macro sampled_state(raw, parsed, name) -%}
    case
        when not ({{ is_unread(raw, parsed) }}) then null
        when typeof({{ parsed }}) != 'VARCHAR'
            then split_part({{ unread_reason(raw, parsed, name) }}, ' ', 1)
        when
            regexp_full_match(
                trim(cast({{ raw }} as varchar)), '[-+]?[0-9]+([.][0-9]*)?([eE][+]?[0-9]+)?|#.*'
            )
            then 'damaged'
        else 'unknown'
    end || '{state}{{ name }}'
{%- endmacro -%}
{%- macro sampled_states(checks) -%}
    {%- for raw, parsed, name in checks -%}
        {{ sampled_state(raw, parsed, name) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
{%- macro first_failed(checks) -%}
    nullif(concat_ws('{separator}', {{ sampled_states(checks) }}), '')
{%- endmacro -%}
{%- macro lost_fields(checks) -%}
    list_filter([{{ sampled_states(checks) }}], lambda name: name is not null)
{%- endmacro -%}
""".replace("{separator}", SEPARATOR).replace("{state}", STATE)


class StagingTemplates:
    """Staging models of one source as SQL.

    Args:
        project: the folder that holds dbt_project/.
        source: the source's name.
        variables: dbt variables of the deployment.
    """

    def __init__(self, project: Path, source: str, variables: Mapping[str, Any]) -> None:
        """Read nothing yet."""
        self._dbt = project / "dbt_project"
        self._source = source
        self._variables = variables

    def text(self, model: str) -> str | None:
        """Return the text of a model in the source's folder, or None without such a file."""
        path = self._dbt / "models" / "staging" / self._source / f"{model}.sql"
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def sql(self, model: str) -> str:
        """Return the SQL of a model.

        Raises:
            jinja2.TemplateError: the model needs something that only dbt has.
        """
        text = self.text(model)
        if text is None:
            raise jinja2.TemplateNotFound(model)
        template = self._environment.from_string(self._macros + _COUNTING + text)
        return template.render(
            source=lambda source, table: f'"raw_{source}"."{table}"',
            ref=self._referenced,
            var=self._variable,
            model=SimpleNamespace(name=model),
            # dbt's macros return a value by it; the text of the value is enough here.
            **{"return": lambda value: value},
            modules=SimpleNamespace(datetime=dt),
        )

    def _referenced(self, name: str) -> str:
        seed = self._dbt / "seeds" / f"{name}.csv"
        return f"read_csv({literal(str(seed))})" if seed.is_file() else f"({self.sql(name)})"

    def _variable(self, name: str, default: Any = None) -> Any:
        return self._variables.get(name, self._defaults.get(name, default))

    @cached_property
    def _defaults(self) -> Mapping[str, Any]:
        path = self._dbt / "dbt_project.yml"
        if not path.is_file():
            return {}
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")).get("vars") or {})

    @cached_property
    def _environment(self) -> jinja2.Environment:
        return jinja2.Environment(
            extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
        )

    @cached_property
    def _macros(self) -> str:
        """Macros of the files that need no tag of dbt."""
        found = []
        for path in sorted((self._dbt / "macros").rglob("*.sql")):
            text = path.read_text(encoding="utf-8")
            try:
                self._environment.parse(text)
            except jinja2.TemplateSyntaxError:
                continue
            found.append(text)
        return "".join(found)
