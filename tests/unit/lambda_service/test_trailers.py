"""What the trailers of a streamed answer say about its end."""

import base64

import pytest
from sluice_local.lambda_service.errors import FunctionError
from sluice_local.lambda_service.response_relay import error_of

DETAILS = b'{"errorMessage":"boom","errorType":"ValueError"}'
ENCODED = base64.b64encode(DETAILS).decode()


def trailers(kind: str, body: str = ENCODED) -> tuple[tuple[str, str], ...]:
    return ("lambda-runtime-function-error-type", kind), ("lambda-runtime-function-error-body", body)


def test_no_trailers_are_no_error() -> None:
    assert error_of(()) is None
    assert error_of((("x-checksum", "1"),)) is None


def test_type_and_details_are_read() -> None:
    assert error_of(trailers("Function.Broken")) == FunctionError("Function.Broken", DETAILS)


@pytest.mark.parametrize(
    ("kind", "folded"),
    [
        ("Runtime.StreamError", "Runtime.StreamError"),
        ("ValueError", "Function.Unknown"),
        ("Function.bad", "Function.Unknown"),
        ("Runtime.bad one", "Runtime.Unknown"),
        ("Sandbox.Timedout", "Function.Unknown"),
    ],
)
def test_a_type_that_lambda_does_not_know_is_folded(kind: str, folded: str) -> None:
    error = error_of(trailers(kind))
    assert error is not None
    assert error.kind == folded


@pytest.mark.parametrize("body", ["no base64!", "", "abc"])
def test_details_that_are_not_base64_are_dropped_and_the_type_kept(body: str) -> None:
    assert error_of(trailers("Function.Broken", body)) == FunctionError("Function.Broken", b"")
