"""What boto3 hides: chunks, pace, stalls, cuts and headers, byte by byte."""

import http.client
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from botocore.eventstream import EventStreamBuffer
from integration.bedrock_runtime.clients import BODY, post, raw_exchange, read_all
from sluice_local.bedrock_runtime import library_scenario, running_emulator
from sluice_local.bedrock_runtime.scenarios.library import library_schedule

STREAM = "/model/emulator.{}/converse-stream"


def unchunked(data: bytes) -> tuple[list[bytes], bool]:
    """The chunks of a response, and whether its last chunk came."""
    _, _, rest = data.partition(b"\r\n\r\n")
    chunks = []
    while b"\r\n" in rest:
        size, _, rest = rest.partition(b"\r\n")
        if size == b"0":
            return chunks, True
        chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return chunks, False


def until_done(connection) -> bytes:
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        data += connection.recv(65536)
    return data


def until_silent(connection) -> bytes:
    connection.settimeout(0.3)
    data = b""
    try:
        while received := connection.recv(65536):
            data += received
    except TimeoutError:
        return data
    raise AssertionError("the connection ended")


def test_a_stream_says_what_it_is(emulator):
    status, headers, _ = post(emulator, STREAM.format("text"))
    assert status == 200
    assert headers["content-type"] == "application/vnd.amazon.eventstream"
    assert headers["transfer-encoding"] == "chunked"
    assert len(headers["x-amzn-requestid"]) == 36


def test_a_refusal_is_written_as_aws_writes_it(emulator):
    status, headers, body = post(emulator, STREAM.format("throttled"))
    assert status == 429
    assert headers["content-type"] == "application/json"
    assert headers["x-amzn-errortype"] == "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"
    assert headers["x-amzn-requestid"]
    assert body == b'{"message":"Too many requests, please wait before trying again."}'


def test_every_event_is_a_chunk_of_its_own(emulator):
    with raw_exchange(emulator, STREAM.format("text")) as connection:
        chunks, whole = unchunked(until_done(connection))
    assert whole
    assert tuple(chunks) == library_schedule("text").writes[0].chunks


@pytest.mark.parametrize(("name", "largest"), [("chunks-7", 7), ("chunks-1", 1), ("whole", 100_000)])
def test_chunks_can_end_anywhere(emulator, name, largest):
    with raw_exchange(emulator, STREAM.format(name)) as connection:
        chunks, whole = unchunked(until_done(connection))
    assert whole
    assert max(map(len, chunks)) <= largest
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(chunks))
    assert len(list(buffer)) == len(library_scenario("text").steps)


def test_the_first_event_comes_while_the_rest_is_still_to_come(emulator):
    began = time.monotonic()
    with raw_exchange(emulator, STREAM.format("paced-40")) as connection:
        first = b""
        while b"messageStart" not in first:
            first += connection.recv(65536)
        assert b"contentBlockDelta" not in first
        while b"contentBlockDelta" not in first:
            first += connection.recv(65536)
        arrived = time.monotonic() - began
        until_done(connection)
    assert arrived > 0.19
    assert time.monotonic() - began > 0.2 + 39 * 0.01


def test_a_long_burst_arrives_whole(emulator):
    with raw_exchange(emulator, STREAM.format("burst-5000")) as connection:
        chunks, whole = unchunked(until_done(connection))
    assert whole
    assert len(chunks) == 5000 + 4


def test_a_slow_reader_gets_everything(emulator):
    with raw_exchange(emulator, STREAM.format("burst-10000")) as connection:
        data = b""
        for _ in range(5):
            data += connection.recv(4096)
            time.sleep(0.02)
        data += until_done(connection)
    assert len(unchunked(data)[0]) == 10_004


@pytest.mark.parametrize("at", [0, 1, 11, 12, 150, 151, 2617, 2618])
@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_body_stops_at_the_byte_it_is_told(emulator, kind, at):
    with raw_exchange(emulator, STREAM.format(f"{kind}-at-{at}")) as connection:
        data = until_done(connection) if kind == "cut" else read_all(connection)[0]
    chunks, whole = unchunked(data)
    assert b"".join(chunks) == library_schedule("text").body[:at]
    assert whole == (kind == "cut")


def test_a_reset_is_a_reset(emulator):
    with raw_exchange(emulator, STREAM.format("reset")) as connection:
        assert read_all(connection)[1] == "reset"


@pytest.mark.parametrize(("name", "how"), [("hang-up", "end"), ("reset-before-headers", "reset")])
def test_a_connection_can_end_instead_of_an_answer(emulator, name, how):
    with raw_exchange(emulator, STREAM.format(name)) as connection:
        assert read_all(connection) == (b"", how)


@pytest.mark.parametrize("name", ["cut-midframe", "cut-at-20"])
def test_a_cut_answer_is_shorter_than_it_says(emulator, name):
    with pytest.raises(http.client.IncompleteRead):
        post(emulator, f"/model/emulator.{name}/converse")


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("stall-before-headers", b""),
        ("stall-before-first-event", b"\r\n\r\n"),
        ("stall-between-events", b"Streams"),
        ("stall-inside-frame", b"Streams"),
    ],
)
def test_a_stall_holds_the_rest_back(emulator, name, received):
    with raw_exchange(emulator, STREAM.format(name)) as connection:
        data = until_silent(connection)
    assert received in data
    body = b"".join(unchunked(data)[0])
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    frames = b"".join(library_schedule("text").writes[0].chunks[: len(list(buffer))])
    assert (len(body) > len(frames)) == (name == "stall-inside-frame")


def test_the_emulator_stops_at_once_while_calls_are_stalled():
    with running_emulator() as emulator, raw_exchange(emulator, STREAM.format("stall-between-events")) as connection:
        assert connection.recv(10)
        began = time.monotonic()
        with raw_exchange(emulator, STREAM.format("stall-before-headers")):
            pass  # a client that leaves is no hindrance either
    assert time.monotonic() - began < 3.0


def test_many_calls_are_answered_at_once(emulator):
    answers = []

    def call() -> None:
        answers.append(post(emulator, STREAM.format("paced-20"))[0])

    began = time.monotonic()
    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert time.monotonic() - began < 8 * 0.4 / 2


def test_a_connection_is_used_again(emulator):
    address = urlsplit(emulator.url)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=5)) as connection:
        for name in ("text", "throttled", "text"):
            headers = {"authorization": "Bearer bedrock-api-key-emulator"}
            connection.request("POST", STREAM.format(name), BODY, headers)
            response = connection.getresponse()
            response.read()
            assert response.status in (200, 429)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/model/emulator.text/converse"), ("POST", "/model/emulator.text/dance"), ("POST", "/")],
)
def test_an_unknown_operation_is_not_found(emulator, method, path):
    status, headers, _ = post(emulator, path, method=method)
    assert status == 404
    assert headers["x-amzn-errortype"].startswith("UnknownOperationException:")
