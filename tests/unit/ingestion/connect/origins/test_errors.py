from __future__ import annotations

import pytest
from pydantic import ValidationError

from deployment.errors import HoldfastError
from deployment.source_config import FilesSource
from ingestion.connect.origins.errors import ConnectError, validation_summary


def test_an_invalid_entry_is_summarised_without_its_values() -> None:
    with pytest.raises(ValidationError) as caught:
        FilesSource.model_validate({"kind": "files", "location": ["s3cr3t-word"], "tables": {}})
    summary = validation_summary(caught.value)
    assert "location: " in summary
    assert "s3cr3t-word" not in summary
    assert len(summary.splitlines()) == 1


def test_the_command_line_prints_the_error_as_a_known_failure() -> None:
    assert issubclass(ConnectError, HoldfastError)
