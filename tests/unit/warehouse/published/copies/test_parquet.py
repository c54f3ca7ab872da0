from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.published_copies import differing_rows
from tests.unit.warehouse.company import Company
from warehouse.published.copies import parquet
from warehouse.published.copies.copy_report import CopyError
from warehouse.published.copies.parquet import copy_to_parquet


def folder_of(company: Company) -> Path:
    return company.published.parent / "parquet"


def test_the_files_have_the_rows_types_and_comments_of_the_published_file(company: Company) -> None:
    folder = folder_of(company)
    report = copy_to_parquet(company.published, folder)
    assert set(differing_rows(company.published).values()) == {0}
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    current = json.loads((company.published.parent / "current.json").read_text("utf-8"))
    assert manifest["version"] == current["version"] == report.version
    assert manifest["rows"] == current["rows"] == report.rows
    entry = manifest["tables"]["activation.risks"]
    path = folder / manifest["path"] / entry["file"]
    assert (entry["bytes"], entry["rows"]) == (path.stat().st_size, 3)
    assert entry["comment"] == "Each customer's churn risk."
    metadata = pyarrow.parquet.read_metadata(path).metadata
    assert metadata[b"comment"].decode() == entry["comment"]
    assert json.loads(metadata[b"columns"])["risk"] == "Probability."
    kinds = pyarrow.parquet.read_schema(folder / "current" / "marts" / "kinds.parquet")
    assert [str(kinds.field(name).type) for name in ("amount", "local_at", "moment_at")] == [
        "decimal128(18, 2)",
        "timestamp[us]",
        "timestamp[us, tz=UTC]",
    ]


def test_a_version_is_complete_or_absent_and_the_one_before_stays_readable(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(company)
    copy_to_parquet(company.published, folder)
    first = (folder / "current").resolve()
    company.run(1)
    company.publish()
    with monkeypatch.context() as patch:
        written = iter([True, False])

        def full_disk(path: Path) -> None:
            if not next(written):
                raise OSError(28, f"No space left on device: {path}")

        patch.setattr(parquet, "flush", full_disk)
        with pytest.raises(CopyError, match=r"was not replaced.*No space left"):
            copy_to_parquet(company.published, folder)
    assert (folder / "current").resolve() == first
    copy_to_parquet(company.published, folder)
    assert set(differing_rows(company.published).values()) == {0}
    # The half version is gone, and the one before is there until the next copy.
    kept = sorted(path.name for path in (folder / "versions").iterdir())
    assert kept == ["000001", "000003"]
    assert pyarrow.parquet.read_metadata(first / "activation/risks.parquet").num_rows == 3


def test_a_folder_with_files_of_others_is_not_touched(company: Company) -> None:
    with pytest.raises(CopyError, match=r"files that no copy made \(current\.json\)"):
        copy_to_parquet(company.published, company.published.parent)


def test_without_a_publication_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="run a day first"):
        copy_to_parquet(tmp_path / "holdfast.duckdb", tmp_path / "parquet")
