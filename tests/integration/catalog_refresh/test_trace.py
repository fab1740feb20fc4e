"""What the refresh function sends to X-Ray: a daemon of our own hears it."""

import json
import socket
import threading
from contextlib import contextmanager

import pytest

TRACE = "1-6b050f93-41c3d4f2b07db9281272e070"
FUNCTION_SEGMENT = "3995c3f42cd8ad8a"


@contextmanager
def daemon():
    """Listen as X-Ray's daemon does; what it was sent is a list of subsegments."""
    heard = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*listener.getsockname())

        def listen():
            while datagram := listener.recv(65_536):
                heard.append(json.loads(datagram.partition(b"\n")[2]))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield address, heard
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", listener.getsockname())
            thread.join()


@pytest.fixture
def traced(invoke, tmp_path):
    """Invoke the handler where Lambda would, and return its answer and what X-Ray heard."""

    def traced(sampled, **environment):
        header = f"Root={TRACE};Parent={FUNCTION_SEGMENT};Sampled={sampled}"
        with daemon() as (address, heard):
            process, _, returned = invoke(
                LAMBDA_TASK_ROOT=str(tmp_path), _X_AMZN_TRACE_ID=header, AWS_XRAY_DAEMON_ADDRESS=address, **environment
            )
        assert "discarded" not in process.stderr
        return returned, heard

    return traced


def test_a_refresh_is_a_trace_with_each_call_of_aws(traced):
    _, heard = traced(1)
    assert {segment["trace_id"] for segment in heard} == {TRACE}
    handled = named(heard, "## lambda_handler")
    assert handled["parent_id"] == FUNCTION_SEGMENT
    assert handled["annotations"] == {
        "ColdStart": True,
        "Service": "sluice-catalog-refresh",
        "Status": "published",
    }
    calls = [(segment["name"], segment["aws"]["operation"]) for segment in heard if "aws" in segment]
    assert {operation for service, operation in calls if service == "bedrock"} >= {
        "ListFoundationModels",
        "ListInferenceProfiles",
        "ListMarketplaceModelEndpoints",
    }
    tables = [operation for service, operation in calls if service == "dynamodb"]
    assert sorted(tables) == ["BatchWriteItem", "GetItem", "UpdateItem", "UpdateItem", "UpdateItem"]


def test_a_refresh_that_fails_says_so_in_its_trace(traced):
    returned, heard = traced(1, SLUICE_CATALOG_TABLE="nowhere")
    assert returned is None
    handled = named(heard, "## lambda_handler")
    assert handled["fault"] is True
    raised = [error for segment in heard if segment["name"] == "dynamodb" for error in segment["cause"]["exceptions"]]
    (cause,) = [error for error in raised if error["id"] == handled["cause"]]
    assert cause["type"] == "ResourceNotFoundException"


def test_a_trace_that_is_not_sampled_is_not_sent(traced):
    returned, heard = traced(0)
    assert (returned["status"], heard) == ("published", [])


def named(heard, name):
    (found,) = [segment for segment in heard if segment["name"] == name]
    return found
