"""Lambda's Invoke API, as boto3 calls it."""

import base64
import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import FUNCTIONS, managed_command, wait_until
from sluice_local.lambda_service import RunningFunctionUrl


def client(running: RunningFunctionUrl) -> Any:
    return boto3.client(
        "lambda",
        region_name="us-east-1",
        endpoint_url=running.invoke_url,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def echo(serve: Serve) -> RunningFunctionUrl:
    return serve(name="echo", command=managed_command("plain.echo"), task_root=FUNCTIONS)


@pytest.mark.parametrize("name", ["echo", "arn:aws:lambda:us-east-1:123456789012:function:echo"])
def test_a_function_is_invoked_by_name_or_arn(echo: RunningFunctionUrl, name: str) -> None:
    answer = client(echo).invoke(FunctionName=name, Payload=b'{"a":1}')
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert json.load(answer["Payload"])["event"] == {"a": 1}


def test_no_payload_is_an_empty_object(echo: RunningFunctionUrl) -> None:
    assert json.load(client(echo).invoke(FunctionName="echo")["Payload"])["event"] == {}


def test_a_function_that_fails_says_so_beside_a_200(serve: Serve) -> None:
    running = serve(command=managed_command("plain.fail"), task_root=FUNCTIONS)
    answer = client(running).invoke(FunctionName="raw")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"])["errorMessage"] == "no"


def test_an_event_is_accepted_and_run_in_the_background(serve: Serve) -> None:
    running = serve()
    answer = client(running).invoke(FunctionName="raw", InvocationType="Event", Payload=b'{"do":"answer"}')
    assert answer["StatusCode"] == 202
    wait_until(lambda: any(line.startswith("REPORT") for line in running.logs))


def test_a_dry_run_starts_nothing(serve: Serve) -> None:
    running = serve()
    assert client(running).invoke(FunctionName="raw", InvocationType="DryRun")["StatusCode"] == 204
    assert running.environment_pids() == []


def test_an_unknown_function_is_not_found(echo: RunningFunctionUrl) -> None:
    lambdas = client(echo)
    with pytest.raises(lambdas.exceptions.ResourceNotFoundException, match="Function not found: other"):
        lambdas.invoke(FunctionName="other")


def test_a_payload_that_is_not_json_is_refused(echo: RunningFunctionUrl) -> None:
    lambdas = client(echo)
    with pytest.raises(lambdas.exceptions.InvalidRequestContentException):
        lambdas.invoke(FunctionName="echo", Payload=b"{")


def test_a_payload_above_the_limit_is_refused(echo: RunningFunctionUrl) -> None:
    lambdas = client(echo)
    with pytest.raises(lambdas.exceptions.RequestTooLargeException):
        lambdas.invoke(FunctionName="echo", Payload=json.dumps("x" * 6_291_556).encode())


def test_too_many_at_once_are_throttled(serve: Serve) -> None:
    lambdas = client(serve(max_concurrency=0))
    with pytest.raises(lambdas.exceptions.TooManyRequestsException, match="Rate Exceeded"):
        lambdas.invoke(FunctionName="raw")


@pytest.mark.parametrize("value", ["v", "grüße aus 日本, 5 €"])
def test_the_client_context_reaches_the_function(serve: Serve, value: str) -> None:
    running = serve(command=managed_command("plain.client"), task_root=FUNCTIONS)
    context = base64.b64encode(json.dumps({"custom": {"k": value}}, ensure_ascii=False).encode()).decode()
    answer = client(running).invoke(FunctionName="raw", ClientContext=context)
    assert json.load(answer["Payload"]) == {"k": value}
