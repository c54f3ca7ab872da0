"""dbt's modules as dbt wrote them: a test compares a replacement with the original."""

from __future__ import annotations

import importlib.util
from types import ModuleType


def dbts_own_module(name: str) -> ModuleType:
    """Return a copy of a module of dbt in which nothing was replaced."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
