"""The runtime behind our own function URL and Runtime API."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from copy import replace
from urllib.parse import urlsplit

import pytest
from integration.streaming_runtime.runtime_process import TASK_ROOT
from sluice_local.lambda_service import FunctionSpec, RunningFunctionUrl, running_function_url

SPEC = FunctionSpec("streaming", "app.handler", TASK_ROOT)
HTTP_EVENT = {"version": "2.0", "requestContext": {"http": {"method": "POST", "path": "/"}}}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningFunctionUrl]:
    with running_function_url(SPEC) as running:
        yield running


def get(url: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_the_client_of_a_function_url_gets_what_was_streamed(running: RunningFunctionUrl) -> None:
    response, body = get(running.url)
    assert (response.status, response.headers["content-type"], body) == (200, "text/event-stream", b"onetwo")


def test_a_direct_invoke_gets_json(running: RunningFunctionUrl) -> None:
    result = running.invoke({"do": "stream"})
    assert not result.error
    assert json.loads(result.payload)["body"] == "onetwo"


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_error_reaches_the_invoker_on_either_side_of_the_first_byte(running: RunningFunctionUrl, when: str) -> None:
    pids = running.environment_pids()
    result = running.invoke({**HTTP_EVENT, "do": f"fail_{when}"})
    assert result.error
    report = json.loads(result.payload)
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", f"{when} the first byte")
    assert running.environment_pids() == pids


def test_answers_that_come_after_the_timeout_are_survived() -> None:
    kinds = ("stream", "plain", "raise_error")
    with running_function_url(replace(SPEC, timeout=0.2, on_timeout="abandon")) as running:
        running.invoke({"do": "plain"})
        pids = running.environment_pids()
        for number, kind in enumerate(kinds, start=1):
            assert running.invoke({**HTTP_EVENT, "do": "after_a_while", "seconds": 0.3, "then": kind}).error
            wait_for(lambda number=number: sum("answered 410" in line for line in running.logs) == number)
        assert not running.invoke({"do": "plain"}).error
        assert running.environment_pids() == pids


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
