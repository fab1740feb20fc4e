"""How the runtime's process begins and ends."""

import json
from collections.abc import Callable

import pytest
from integration.streaming_runtime.fake_runtime_api import FakeRuntimeApi, Invocation, Reply
from integration.streaming_runtime.runtime_process import RuntimeProcess, module_command

type Start = Callable[..., RuntimeProcess]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refused_next_ends_the_process_with_one_log_line(start: Start, any_version: list[str], status: int) -> None:
    with FakeRuntimeApi(next=[Reply(status, b"no")] * 3) as api:
        ended = start(api, any_version).ended()
        assert api.next_calls() == 1
    assert ended.code == 1
    (entry,) = ended.entries
    assert entry.endswith(f"invocation/next: the Runtime API answered {status} no; the process ends")


def test_a_runtime_api_that_is_not_there_ends_the_process_with_one_log_line(start: Start) -> None:
    with FakeRuntimeApi() as api:
        pass
    ended = start(api).ended()
    assert ended.code == 1
    (entry,) = ended.entries
    assert f"invocation/next: the Runtime API cannot be reached at {api.address}: " in entry


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("nowhere.handler", "Runtime.ImportModuleError"),
        ("app.nothing", "Runtime.HandlerNotFound"),
        ("handler", "Runtime.MalformedHandlerName"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_an_init_error(
    start: Start, any_version: list[str], handler: str, error_type: str
) -> None:
    with FakeRuntimeApi() as api:
        ended = start(api, any_version, _HANDLER=handler).ended()
        (request,) = api.requests
    assert ended.code == 1
    assert request.path == "init/error"
    assert request.headers["lambda-runtime-function-error-type"] == error_type
    assert json.loads(request.body)["errorType"] == error_type


def test_managed_instances_are_refused_with_an_init_error(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi() as api:
        ended = start(api, any_version, AWS_LAMBDA_MAX_CONCURRENCY="4").ended()
        (request,) = api.requests
    assert ended.code == 1
    (entry,) = ended.entries
    assert entry == (
        "streaming-runtime: the streaming runtime takes one invocation at a time "
        "and does not run on Lambda Managed Instances"
    )
    assert request.path == "init/error"
    assert request.headers["lambda-runtime-function-error-type"] == "Runtime.ManagedInstancesUnsupported"


@pytest.mark.parametrize("name", ["_HANDLER", "AWS_LAMBDA_RUNTIME_API"])
def test_a_variable_that_lambda_sets_and_that_is_missing_is_named(start: Start, name: str) -> None:
    with FakeRuntimeApi() as api:
        ended = start(api, ["env", "-u", name, *module_command()]).ended()
    assert ended.code == 1
    assert ended.entries == [f"streaming-runtime: {name} is not set; Lambda sets it, and so must its stand-in"]


def test_snapstart_hooks_run_around_one_restore(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(Invocation(b'{"do":"stream"}')) as api:
        process = start(api, any_version, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", _HANDLER="snapstart.handler")
        (answer,) = api.wait_for_answers(1)
        assert process.output() == ""
    assert [request.path for request in api.requests][:2] == ["restore/next", "invocation/next"]
    assert json.loads(answer.body) == ["before the snapshot", "after the restore"]


def test_a_functions_signal_handler_runs_while_it_waits(start: Start) -> None:
    with FakeRuntimeApi() as api:
        process = start(api)
        api.wait_for(lambda: api.next_calls() == 1)
        ended = process.terminate()
    assert (ended.code, ended.entries) == (0, ["a signal came"])
