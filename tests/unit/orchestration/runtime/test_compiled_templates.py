"""The code of dbt's templates, and the condition under which its store can be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from jinja2 import Environment

from orchestration.runtime.compiled_templates import CompiledTemplates
from tests.unit.orchestration.runtime.dbts_own import dbts_own_module

TEXT = "{% macro twice(n) %}{{ n * 2 }}{% endmacro %}{{ number + 1 }}"


@pytest.fixture
def dbts_own() -> ModuleType:
    """Return a copy of dbt's module in which no method was replaced."""
    return dbts_own_module("dbt_common.clients.jinja")


@pytest.fixture
def compiled(dbts_own: ModuleType) -> Iterator[list[str]]:
    """The texts that dbt's environments compile."""
    texts: list[str] = []
    own = dbts_own.MacroFuzzEnvironment.compile

    def counted(environment: Environment, source: str) -> CodeType:
        texts.append(source)
        code: CodeType = own(environment, source)
        return code

    dbts_own.MacroFuzzEnvironment.compile = counted
    yield texts
    dbts_own.MacroFuzzEnvironment.compile = own


def rendered(module: ModuleType, *, native: bool = False) -> object:
    template = module.get_template(TEXT, {}, native=native)
    return module.render_template(template, {"number": 4})


def test_a_text_is_compiled_once_for_each_kind_of_environment(
    dbts_own: ModuleType, compiled: list[str]
) -> None:
    environment = dbts_own.MacroFuzzEnvironment
    environment.compile = CompiledTemplates().remembering(environment.compile)
    assert [rendered(dbts_own) for _ in range(3)] == ["5"] * 3
    assert [rendered(dbts_own, native=True) for _ in range(3)] == [5] * 3
    assert compiled == [TEXT, TEXT]


def test_another_process_reads_the_code_from_the_folder(
    dbts_own: ModuleType, compiled: list[str], tmp_path: Path
) -> None:
    environment = dbts_own.MacroFuzzEnvironment
    compiling = environment.compile
    for _ in range(2):
        templates = CompiledTemplates()
        templates.store_in(tmp_path / "templates")
        environment.compile = templates.remembering(compiling)
        assert rendered(dbts_own) == "5"
    assert compiled == [TEXT]


def test_a_damaged_file_is_compiled_again(
    dbts_own: ModuleType, compiled: list[str], tmp_path: Path
) -> None:
    environment = dbts_own.MacroFuzzEnvironment
    compiling = environment.compile
    for _ in range(2):
        templates = CompiledTemplates()
        templates.store_in(tmp_path)
        environment.compile = templates.remembering(compiling)
        assert rendered(dbts_own) == "5"
        (file,) = tmp_path.iterdir()
        file.write_bytes(b"half")
    assert compiled == [TEXT, TEXT]


def test_dbt_still_compiles_a_text_each_time(dbts_own: ModuleType, compiled: list[str]) -> None:
    assert [rendered(dbts_own) for _ in range(2)] == ["5", "5"]
    assert compiled == [TEXT, TEXT], (
        "dbt keeps compiled templates itself: delete orchestration/runtime/compiled_templates.py"
    )
