"""The gateway's own client of Lambda against the Invoke API, which checks signatures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import time

import pytest
from gateway.aws.connection import Endpoint
from gateway.aws.lambda_function import InvocationFailed, LambdaFunction
from gateway.aws.sigv4 import Credentials
from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import FUNCTIONS, managed_command, wait_until
from sluice_local.bedrock_runtime import AccessKey
from sluice_local.bedrock_runtime import Credentials as KnownCredentials
from sluice_local.lambda_service import RunningFunctionUrl

KEY_ID, SECRET = "AKIAINVOKER00000000", "the-secret-of-the-invoker"
KNOWN = KnownCredentials({KEY_ID: AccessKey(SECRET)})
ARN = "arn:aws:lambda:us-east-1:123456789012:function:it"

type Function = Callable[..., RunningFunctionUrl]


@pytest.fixture
def function(serve: Serve) -> Function:
    """Runs a function of `functions/plain.py` behind an Invoke API that knows one access key."""
    return lambda handler, **spec: serve(
        name="it", command=managed_command(f"plain.{handler}"), task_root=FUNCTIONS, invokers=KNOWN, **spec
    )


@contextmanager
def client(url: str, name: str = "it", secret: str = SECRET) -> Iterator[LambdaFunction]:
    endpoint = Endpoint(url, "Lambda")
    try:
        yield LambdaFunction(endpoint, name, lambda: Credentials(KEY_ID, secret), "us-east-1", time)
    finally:
        endpoint.close()


@pytest.mark.parametrize("name", ["it", ARN])
def test_a_function_is_invoked_and_answers(function: Function, name: str) -> None:
    with client(function("echo").invoke_url, name) as it:
        assert it.invoke({"a": "ü"}, 20)["event"] == {"a": "ü"}
        assert it.invoke({"a": 2}, 20)["event"] == {"a": 2}


def test_a_function_is_started_without_waiting_for_it(function: Function) -> None:
    running = function("echo")
    with client(running.invoke_url) as it:
        it.start({})
    wait_until(lambda: any(line.startswith("REPORT") for line in running.logs))


@pytest.mark.parametrize(
    ("handler", "changes", "message"),
    [
        ("fail", {}, "200 Unhandled: no"),
        ("echo", {"secret": "another"}, "403 InvalidSignatureException: The request signature"),
        ("echo", {"name": "other"}, "404 ResourceNotFoundException: Function not found: other"),
    ],
)
def test_why_there_is_no_answer_is_said(
    function: Function, handler: str, changes: dict[str, str], message: str
) -> None:
    with client(function(handler).invoke_url, **changes) as it, pytest.raises(InvocationFailed, match=message):
        it.invoke({}, 20)


def test_too_many_at_once_are_an_answer_too(function: Function) -> None:
    running = function("echo", max_concurrency=0)
    with client(running.invoke_url) as it, pytest.raises(InvocationFailed, match="429 TooManyRequestsException"):
        it.invoke({}, 20)


def test_a_function_that_takes_too_long_is_not_waited_for(function: Function) -> None:
    running = function("sleep")
    with client(running.invoke_url) as it, pytest.raises(InvocationFailed, match=r"not answer within 0\.2 seconds"):
        it.invoke({}, 0.2)


def test_a_service_that_is_not_there_is_said() -> None:
    with client("http://127.0.0.1:9") as it, pytest.raises(InvocationFailed, match="Lambda cannot be reached"):
        it.invoke({}, 20)
