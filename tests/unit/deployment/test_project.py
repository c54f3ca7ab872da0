from __future__ import annotations

from deployment.project import CONFIG, DBT_PROJECT, ROOT, SEEDS


def test_the_folders_of_the_project_are_found_from_the_code() -> None:
    assert (ROOT / "pyproject.toml").is_file()
    assert (DBT_PROJECT / "dbt_project.yml").is_file()
    assert (CONFIG / "demo.yml").is_file()
    assert list(SEEDS.glob("*.csv"))
