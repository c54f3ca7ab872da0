from __future__ import annotations

from pathlib import Path

from cli.doctor.erasures import diagnose_erasures
from deployment.home import Home
from erasure.kept_files import note_kept


def test_a_file_that_still_has_erased_people_is_named_until_it_changes(tmp_path: Path) -> None:
    home, path = Home(tmp_path / "home"), tmp_path / "export.zip"
    path.write_bytes(b"packed")
    assert list(diagnose_erasures(home)) == []
    reason = f"{path}: secret.csv in it is encrypted: 2 rows of the person stay in the file"
    note_kept(home, {str(path): f"{reason}, delete it"})
    (finding,) = diagnose_erasures(home)
    assert (finding.level, finding.message, finding.remedy) == ("warning", reason, "delete it")
    path.write_bytes(b"packed anew")
    assert list(diagnose_erasures(home)) == []
