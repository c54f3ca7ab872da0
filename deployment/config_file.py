"""A deployment's configuration file: YAML, validated.

A `ConfigError` has one line a mistake: the file, the key, the expected and the found value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from deployment.config import DeploymentConfig
from deployment.errors import HoldfastError
from deployment.source_config import Source

CONFIG_VARIABLE = "HOLDFAST_CONFIG"
DEFAULT_CONFIG = Path("config/demo.yml")

_UNWANTED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a date such as 2024-07-01",
    "date_parsing": "a date such as 2024-07-01",
    "date_type": "a date such as 2024-07-01",
    "dict_type": "keys with values",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "keys with values",
    "string_type": "text (quote it if it looks like a number)",
}


class ConfigError(HoldfastError):
    """The configuration is invalid; one line a mistake: `file: key: expected, found`."""


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML in which only true and false are booleans and no key may be given twice.

    YAML 1.1 reads Norway's NO as false, and lets a second source of the same name silently
    replace the first. Dates stay text until the key that wants one can be named.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_PlainLoader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] not in _UNWANTED]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def config_path_from_env(environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration that `HOLDFAST_CONFIG` names, `config/demo.yml` if it is unset or empty."""
    return Path(environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)


def load_config(path: Path | str) -> DeploymentConfig:
    """Read and validate a deployment's YAML.

    Raises:
        ConfigError: the file is absent, is not YAML, or has an unknown key or an invalid value.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: expected a deployment's YAML file, found none ({error.strerror})"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected UTF-8 text, found other bytes") from None
    try:
        content = yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise ConfigError(f"{path}: {where}: expected valid YAML, found: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: expected valid YAML, found: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys such as company and sources, found {content!r}")
    try:
        config = DeploymentConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(
            "\n".join(f"{path}: {line}" for line in _explain(error, content))
        ) from None
    if config.exchange_rates is None:
        return config
    rates = path.parent / config.exchange_rates
    if not rates.is_file():
        raise ConfigError(f"{path}: exchange_rates: expected a CSV file, found none at {rates}")
    return config.model_copy(update={"exchange_rates": rates})


def _explain(error: ValidationError, content: Mapping[str, Any]) -> Iterator[str]:
    for detail in error.errors():
        location = _without_kind([str(part) for part in detail["loc"] if part != "[key]"])
        key = ".".join(location)
        found = detail.get("input")
        context = detail.get("ctx", {})
        if detail["type"] == "extra_forbidden":
            known = _known_keys(location[:-1], content)
            near = get_close_matches(location[-1], known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            message = f"expected one of {', '.join(known)}, found {location[-1]}{hint}"
        elif detail["type"] == "missing":
            message = "expected this key, found nothing"
        elif detail["type"] == "union_tag_invalid":
            key = f"{key}.kind"
            message = f"expected one of {context['expected_tags']}, found {context['tag']!r}"
        elif detail["type"] == "union_tag_not_found":
            key = f"{key}.kind"
            message = "expected this key, found nothing"
        elif detail["type"] == "value_error":
            message = str(context["error"])
        elif detail["type"] in _EXPECTED:
            message = f"expected {_EXPECTED[detail['type']]}, found {found!r}"
        else:
            message = f"{detail['msg'].replace('Input should be', 'expected')}, found {found!r}"
        yield f"{key}: {message}" if key else message


def _without_kind(location: list[str]) -> list[str]:
    """The location in the file: pydantic adds the kind of a source behind its name."""
    if location[:1] == ["sources"] and len(location) > 2:
        return [*location[:2], *location[3:]]
    return location


def _known_keys(location: list[str], content: Mapping[str, Any]) -> list[str]:
    """The keys that are allowed at a location: the fields of the model there."""
    model: type[BaseModel] = DeploymentConfig
    if location[:1] == ["sources"]:
        kind = content["sources"][location[1]]["kind"]
        model = next(source for source in get_args(get_args(Source)[0]) if _is_of(source, kind))
        location = location[2:]
    for part in location:
        field = model.model_fields.get(part)
        if field is None:  # the name of a table
            continue
        nested = [field.annotation, *get_args(field.annotation)]
        model = next(
            (kind for kind in nested if isinstance(kind, type) and issubclass(kind, BaseModel)),
            model,
        )
    return list(model.model_fields)


def _is_of(source: type[BaseModel], kind: str) -> bool:
    return kind in get_args(source.model_fields["kind"].annotation)
