from __future__ import annotations

from tests.unit.cli.doctor.conftest import STAGING, Deployment


def test_an_entity_without_a_staging_model_is_an_error_that_names_the_file(
    deployment: Deployment,
) -> None:
    (deployment.project / STAGING).unlink()
    assert deployment.problems() == [
        f"error: shop.orders: provides orders, but there is no model {STAGING}"
    ]


def test_an_open_guess_is_an_error_with_file_and_line(deployment: Deployment) -> None:
    (deployment.project / STAGING).write_text("-- TODO(connect): is amount net?\nselect 1")
    (problem,) = deployment.problems()
    assert problem.startswith(f"error: {STAGING}:1: ")
    assert "is amount net?" in problem
