from __future__ import annotations

import shutil

from tests.unit.cli.doctor.conftest import CONFIG, Deployment


def test_a_correct_deployment_has_no_problems_and_nothing_is_written(
    deployment: Deployment,
) -> None:
    before = sorted(deployment.home.root.rglob("*"))
    assert deployment.problems() == []
    assert {finding.subject for finding in deployment.findings()} >= {
        "Python",
        "packages",
        "configuration",
        "home",
        "disk",
        "warehouse",
        "shop.orders",
    }
    assert sorted(deployment.home.root.rglob("*")) == before


def test_every_problem_has_a_remedy(deployment: Deployment) -> None:
    shutil.rmtree(deployment.shop)
    deployment.pin("duckdb", "0.0.1")
    problems = [finding for finding in deployment.findings() if finding.level != "ok"]
    assert len(problems) == 2
    assert all(finding.remedy for finding in problems)


def test_each_mistake_of_the_configuration_is_a_finding(deployment: Deployment) -> None:
    deployment.config.write_text(CONFIG.replace("EUR", "euro").replace("owner", "ownr"))
    problems = deployment.problems()
    assert len(problems) == 3  # a currency, an unknown key, a missing one
    assert all(problem.startswith("error: configuration: ") for problem in problems)
