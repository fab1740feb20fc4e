"""The one second try: an idle connection that breaks before it took anything is replaced, and that is told."""

import socket
from collections.abc import Iterator

import pytest
from gateway.aws.connection import Endpoint


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def endpoint(listener: socket.socket) -> Iterator[Endpoint]:
    endpoint = Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}", "Bedrock Runtime")
    yield endpoint
    endpoint.close()


def broken_connection(listener: socket.socket) -> socket.socket:
    """Return a connection that looks idle and takes nothing."""
    connection = socket.create_connection(listener.getsockname())
    connection.shutdown(socket.SHUT_WR)
    return connection


def test_a_new_connection_is_no_retry(endpoint: Endpoint) -> None:
    pending = endpoint.send("POST", "/", {}, b"")
    assert pending.retries == 0
    pending.close()


def test_an_idle_connection_that_broke_is_replaced_and_counted(listener: socket.socket, endpoint: Endpoint) -> None:
    endpoint.give_back(broken_connection(listener))
    endpoint.give_back(broken_connection(listener))
    pending = endpoint.send("POST", "/path", {}, b"body")
    assert pending.retries == 2
    taken = [listener.accept()[0] for _ in range(3)]
    # Only the last was given anything, and that once.
    assert [connection.recv(1_000) for connection in taken] == [
        b"",
        b"",
        b"POST /path HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody",
    ]
    for connection in taken:
        connection.close()
    pending.close()
