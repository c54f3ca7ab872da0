"""Delivered files are written again without the rows of a person, of whatever kind they are."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from deployment.config import DeploymentConfig
from deployment.home import Home
from deployment.source_config import FilesSource
from erasure.places.rewritten_files import RewrittenFile, remove_rows
from ingestion.files.fingerprint import sha256_of
from tests.unit.ingestion.files.formats.packed import archive

TABLE = {"path": "export_{date}.zip", "format": "csv", "columns": ["id"], "key": ["id"]}
ORDERS, PEOPLE = b"id,who\n1,ada\n2,bob\n3,ada\n", b"id,name\n7,bob\n8,ada\n"


def configured(
    config: DeploymentConfig, location: Path, people: str = "people.csv"
) -> DeploymentConfig:
    """A deployment with one source, whose archives hold the files of two tables."""
    members = {"orders": "orders.csv", "people": people}
    tables = {name: {**TABLE, "member": member} for name, member in members.items()}
    source = FilesSource.model_validate(
        {"kind": "files", "location": str(location), "tables": tables}
    )
    return config.model_copy(update={"sources": {"shop": source}})


def test_the_rows_of_two_tables_leave_one_archive_once(
    demo_config: DeploymentConfig, tmp_path: Path
) -> None:
    path = tmp_path / "export_2026-06-16.zip"
    path.write_bytes(archive(orders_csv=ORDERS, people_csv=PEOPLE))
    path.chmod(0o640)
    digest = sha256_of(path)
    files = [
        RewrittenFile("shop", name, path.name, str(path), digest, positions)
        for name, positions in (("orders", [1, 3]), ("people", [2]))
    ]
    config, home = configured(demo_config, tmp_path), Home(tmp_path / "home")
    assert remove_rows(config, home, files) == {}
    written = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(written)) as kept:
        assert kept.read("orders.csv") == b"id,who\n2,bob\n"
        assert kept.read("people.csv") == b"id,name\n7,bob\n"
    assert path.stat().st_mode & 0o777 == 0o640
    # An erasure that was killed after this step finishes without another change.
    assert remove_rows(config, home, files) == {}
    assert path.read_bytes() == written


def test_a_file_that_cannot_be_written_is_named_and_stays(
    demo_config: DeploymentConfig, tmp_path: Path
) -> None:
    path = tmp_path / "export_2026-06-16.zip"
    content = bytearray(archive(orders_csv=ORDERS, secret_csv=PEOPLE))
    content[content.rindex(b"PK\x01\x02") + 8] |= 0x1  # the archive's last file is encrypted
    path.write_bytes(content)
    file = RewrittenFile("shop", "orders", path.name, str(path), sha256_of(path), [1, 3])
    config, home = configured(demo_config, tmp_path), Home(tmp_path / "home")
    (problem,) = remove_rows(config, home, [file]).values()
    assert problem.startswith(f"{path}: secret.csv in it is encrypted: 2 rows of the person stay")
    assert path.read_bytes() == content


def test_a_file_whose_tables_may_name_the_same_rows_is_named_and_stays(
    demo_config: DeploymentConfig, tmp_path: Path
) -> None:
    path = tmp_path / "export_2026-06-16.zip"
    path.write_bytes(archive(orders_csv=ORDERS))
    content, digest = path.read_bytes(), sha256_of(path)
    files = [
        RewrittenFile("shop", name, path.name, str(path), digest, [1])
        for name in ("orders", "people")
    ]
    config, home = configured(demo_config, tmp_path, "*.csv"), Home(tmp_path / "home")
    (problem,) = remove_rows(config, home, files).values()
    assert problem.startswith(f"{path}: its tables may name the same rows: *.csv, orders.csv: 2 ")
    assert path.read_bytes() == content
