"""The function's entry point, cold started in a process of its own as Lambda does."""

import json
import os
import subprocess
import sys

import pytest

INVOKE = """
import json
from types import SimpleNamespace

from catalog_refresh.handler import lambda_handler

context = SimpleNamespace(
    function_name="refresh",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:refresh",
    aws_request_id="an-invocation",
)
print("returned:" + json.dumps(lambda_handler({"source": "aws.scheduler"}, context)))
"""


@pytest.fixture
def invoke(services):
    """Cold start the handler and invoke it once; return the process, its log lines, and what it returned."""

    def invoke(**environment):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        process = subprocess.run(
            [sys.executable, "-W", "error", "-c", INVOKE],
            env={
                **inherited,
                **services.environment(),
                "POWERTOOLS_SERVICE_NAME": "sluice-catalog-refresh",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        *lines, last = process.stdout.splitlines() or [""]
        returned = last.removeprefix("returned:") if last.startswith("returned:") else None
        logged = lines if returned else [*lines, last]
        return process, [json.loads(line) for line in logged if line], returned and json.loads(returned)

    return invoke


def test_a_refresh_returns_its_summary_and_logs_it_in_one_line(invoke, rows_in_table):
    process, logged, returned = invoke()
    assert process.stderr == ""
    rows = rows_in_table()
    assert returned == {"region": "us-east-1", "models": len(rows), "refreshed_at": rows[0].discovered_at}
    (line,) = logged
    expected = {
        "level": "INFO",
        "message": "The catalog was refreshed",
        "service": "sluice-catalog-refresh",
        "function_request_id": "an-invocation",
        "cold_start": True,
        "table": "sluice-local-catalog",
        **returned,
    }
    assert expected.items() <= line.items()


def test_a_failure_is_logged_in_one_line_and_raised(invoke):
    process, logged, returned = invoke(SLUICE_CATALOG_TABLE="nowhere")
    assert (process.returncode, returned) == (1, None)
    assert "ResourceNotFoundException" in process.stderr
    (line,) = logged
    assert (line["level"], line["message"], line["table"]) == ("ERROR", "The catalog was not refreshed", "nowhere")
    assert line["exception_name"] == "ResourceNotFoundException"


def test_bad_settings_end_the_cold_start(invoke):
    process, logged, returned = invoke(SLUICE_REFRESH_INTERVAL="hourly")
    assert (process.returncode, logged, returned) == (1, [], None)
    assert process.stderr.splitlines()[-1] == (
        "catalog_refresh.settings.SettingsError: "
        "SLUICE_REFRESH_INTERVAL is 'hourly'; it must be a whole number of seconds, 0 or more"
    )
