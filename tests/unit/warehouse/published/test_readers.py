from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployment.home import PRIVATE_UMASK
from deployment.publish import Readers
from tests.unit.warehouse.company import Company, write_page
from warehouse.published.publication import publish
from warehouse.published.readers import open_to


@pytest.mark.parametrize(
    ("readers", "folder", "file"),
    [("owner", "700", "600"), ("group", "750", "640"), ("everyone", "755", "644")],
)
def test_published_files_have_the_modes_of_their_readers_whatever_the_umask(
    tmp_path: Path, readers: Readers, folder: str, file: str
) -> None:
    company = Company(tmp_path).create()
    company.run(0)
    root = company.published.parent
    for umask in (PRIVATE_UMASK, 0o022):
        before = os.umask(umask)
        try:
            publish(
                company.warehouse.path,
                company.published,
                company.tables,
                companions=[write_page],
                readable_by=readers,
            )
        finally:
            os.umask(before)
        for path in (root, *root.rglob("*")):
            if not path.is_symlink() and path.name != "holdfast.state.json":
                mode = f"{path.stat().st_mode & 0o777:o}"
                assert mode == (folder if path.is_dir() else file), path


def test_a_link_keeps_what_it_names_as_it_is(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("of somebody else")
    outside.chmod(0o640)
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    open_to("everyone", folder)
    assert outside.stat().st_mode & 0o777 == 0o640
