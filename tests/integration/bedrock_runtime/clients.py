"""boto3 clients for an emulator, as an application makes them, and plain sockets for what boto3 hides."""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EventStreamError
from sluice_local.bedrock_runtime import DEFAULT_CREDENTIALS, RunningEmulator

ACCESS_KEY_ID, ACCESS_KEY = next(iter(DEFAULT_CREDENTIALS.access_keys.items()))
BEARER_TOKEN = DEFAULT_CREDENTIALS.bearer_tokens[0]
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)
HELLO: list[Any] = [{"role": "user", "content": [{"text": "hello"}]}]
BODY = json.dumps({"messages": HELLO}).encode()


def signing_client(emulator: RunningEmulator, **config: Any) -> Any:
    """A client that signs, over plain HTTP."""
    return boto3.Session(ACCESS_KEY_ID, ACCESS_KEY.secret, region_name="us-east-1").client(
        "bedrock-runtime", endpoint_url=emulator.url, config=ONE_ATTEMPT.merge(Config(**config))
    )


def bearer_client(emulator: RunningEmulator) -> Any:
    """A client for TLS with a bearer token.

    boto3 takes the token from the environment, when the client is made and at every call.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_BEARER_TOKEN_BEDROCK", BEARER_TOKEN)
        return boto3.Session(region_name="us-east-1").client(
            "bedrock-runtime", endpoint_url=emulator.tls_url, verify=emulator.ca_bundle, config=ONE_ATTEMPT
        )


def received_before_error(client: Any, model_id: str) -> tuple[list[Any], EventStreamError]:
    """The events of a stream that ends with an error, and the error."""
    received = []
    with contextlib.closing(client.converse_stream(modelId=model_id, messages=HELLO)["stream"]) as stream:
        try:
            for event in stream:
                received.append(event)  # noqa: PERF402  # what came before the error is kept
        except EventStreamError as error:
            return received, error
    raise AssertionError("the stream ended without an error")


def post(
    emulator: RunningEmulator, path: str, body: bytes = BODY, method="POST", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request with the bearer token: status, headers and body of the answer."""
    address = urlsplit(emulator.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    sent = {"content-type": "application/json", "authorization": f"Bearer {BEARER_TOKEN}"}
    with contextlib.closing(connection):
        connection.request(
            method, path, body, {**sent, **{name.replace("_", "-"): text for name, text in headers.items()}}
        )
        response = connection.getresponse()
        return response.status, {name.lower(): text for name, text in response.getheaders()}, response.read()


@contextlib.contextmanager
def raw_exchange(emulator: RunningEmulator, path: str, body: bytes = BODY) -> Iterator[socket.socket]:
    """A socket on which one request was sent and nothing read yet."""
    address = urlsplit(emulator.url)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {address.netloc}\r\nauthorization: Bearer {BEARER_TOKEN}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(head.encode() + body)
        yield connection


def read_all(connection: socket.socket) -> tuple[bytes, str]:
    """Read to the end and tell how it came: `end` or `reset`."""
    received = b""
    while True:
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            return received, "reset"
        if not data:
            return received, "end"
        received += data
