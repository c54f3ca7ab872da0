import dagster as dg
import pytest

from orchestration.loggers import RUN_LOGGER, SILENT


@dg.op
def loud(context: dg.OpExecutionContext) -> None:
    context.log.warning("heard")


@dg.job(logger_defs={RUN_LOGGER: SILENT})
def job() -> None:
    loud()


def test_the_silent_logger_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    job.execute_in_process(run_config={"loggers": {RUN_LOGGER: {}}})
    captured = capfd.readouterr()
    assert "heard" not in captured.out + captured.err
