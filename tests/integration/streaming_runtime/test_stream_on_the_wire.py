"""The bytes of a streamed answer and when they are sent: the client against a scripted Runtime API, no loop around."""

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest
from integration.streaming_runtime.fake_runtime_api import FakeRuntimeApi, Reply, Request
from streaming_runtime import StreamResponse
from streaming_runtime.client import StreamingRuntimeClient

HEAD = (
    "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\n"
    "Host: {host}\r\n"
    "User-Agent: {agent}\r\n"
    "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
    "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
    "Lambda-Runtime-Invocation-Id: invocation-1\r\n"
    "\r\n"
)
PRELUDE = b'{"statusCode":200,"headers":{"content-type":"text/event-stream"},"cookies":[]}\0\0\0\0\0\0\0\0'


class Body:
    """A body that counts its closes and how many items were drawn."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._items = iter(items)
        self.drawn = 0
        self.closes = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item = next(self._items)
        self.drawn += 1
        return item

    def close(self) -> None:
        self.closes += 1


def post(api: FakeRuntimeApi, body: Iterable[bytes]) -> None:
    """Answer an invocation with a stream of `body`, as the loop does."""
    client = StreamingRuntimeClient(api.address)
    client.marshaller.unmarshal_request(b'{"requestContext":{"http":{}}}', "application/json")
    response = StreamResponse(headers={"content-type": "text/event-stream"}, body=body)
    client.post_invocation_result("request-1", *client.marshaller.marshal_response(response), "invocation-1")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def head_of(request: Request) -> bytes:
    return HEAD.format(host=request.headers["host"], agent=request.headers["user-agent"]).encode()


def test_each_item_is_sent_whole_and_alone_before_the_next_is_drawn() -> None:
    with FakeRuntimeApi() as api:

        def body() -> Iterator[bytes]:
            yield b"one"
            # Nothing of the answer can be there before the first item; all of it must be once the second is asked for.
            api.wait_for(lambda: api.posts() and len(api.posts()[0].segments) == 1)
            yield b"two"
            api.wait_for(lambda: len(api.posts()[0].segments) == 2)
            yield b""
            yield b"three"
            api.wait_for(lambda: len(api.posts()[0].segments) == 3)

        post(api, body())
        (request,) = api.wait_for_posts(1)
    assert request.segments == [
        head_of(request) + chunk(PRELUDE + b"one"),
        chunk(b"two"),
        chunk(b"three"),
        b"0\r\n\r\n",
    ]
    assert request.headers["host"] == api.address
    assert request.headers["user-agent"].startswith("aws-lambda-python/3.13.")


def test_no_connection_is_made_before_the_first_item_is_there() -> None:
    with FakeRuntimeApi() as api:

        def body() -> Iterator[bytes]:
            assert not api.requests
            yield b"one"

        post(api, body())
        assert len(api.wait_for_posts(1)) == 1


@pytest.mark.parametrize("items", [[], [b""], [b"", b""]])
def test_a_body_of_nothing_is_sent_as_one_newline(items: list[bytes]) -> None:
    with FakeRuntimeApi() as api:
        post(api, items)
        (request,) = api.wait_for_posts(1)
    assert request.wire == head_of(request) + chunk(PRELUDE + b"\n") + b"0\r\n\r\n"


def test_items_of_any_size_arrive_as_they_are() -> None:
    items = [b"x", b"\0\r\n0\r\n\r\n", bytes(range(256)) * 256, b"y" * 7_000_000, b"z"]
    with FakeRuntimeApi() as api:
        post(api, items)
        (request,) = api.wait_for_posts(1)
    assert request.wire == head_of(request) + chunk(PRELUDE + b"x") + b"".join(map(chunk, items[1:])) + b"0\r\n\r\n"


def test_a_failure_after_the_first_byte_ends_the_answer_in_trailers() -> None:
    def body() -> Iterator[bytes]:
        yield b"one"
        yield b"two"
        raise LookupError("no more")

    source = Body(body())
    with FakeRuntimeApi() as api:
        post(api, source)
        (request,) = api.wait_for_posts(1)
    error = request.trailers["Lambda-Runtime-Function-Error-Body"]
    assert request.wire == head_of(request) + chunk(PRELUDE + b"one") + chunk(b"two") + (
        b"0\r\n"
        b"Lambda-Runtime-Function-Error-Type: Function.LookupError\r\n"
        b"Lambda-Runtime-Function-Error-Body: " + error.encode() + b"\r\n"
        b"\r\n"
    )
    report = json.loads(base64.b64decode(error))
    assert (report["errorType"], report["errorMessage"]) == ("LookupError", "no more")
    assert 'raise LookupError("no more")' in report["stackTrace"][-1]
    assert not any("streaming_runtime/body.py" in frame for frame in report["stackTrace"][:1])
    assert source.closes == 1


def test_an_item_that_is_no_bytes_is_a_failure_of_the_body() -> None:
    with FakeRuntimeApi() as api:
        post(api, [b"one", "two"])  # type: ignore[list-item] # the mistake under test
        (request,) = api.wait_for_posts(1)
    assert request.trailers["Lambda-Runtime-Function-Error-Type"] == "Function.TypeError"
    assert request.is_complete


def endless(wait_for: Callable[[], object] = lambda: None) -> Iterator[bytes]:
    yield b"first"
    while True:
        wait_for()
        yield b"more"


@pytest.mark.parametrize("hangs_up", [False, True])
def test_an_early_410_stops_the_drawing_and_is_survived(hangs_up: bool, caplog: pytest.LogCaptureFixture) -> None:
    source = Body(endless())
    with FakeRuntimeApi(response=[Reply(410, b"stale", early=True, hangs_up=hangs_up)]) as api:
        post(api, source)
        assert source.closes == 1
        if not hangs_up:
            (request,) = api.wait_for_posts(1)
            assert request.is_complete
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "invocation/request-1/response: the Runtime API answered 410 stale; the invocation was over before its answer"
    )


@pytest.mark.parametrize("hangs_up", [False, True])
@pytest.mark.parametrize("status", [400, 403, 413, 500])
def test_an_early_refusal_stops_the_drawing_and_ends_the_process(
    status: int, hangs_up: bool, caplog: pytest.LogCaptureFixture
) -> None:
    source = Body(endless())
    with FakeRuntimeApi(response=[Reply(status, b"no", early=True, hangs_up=hangs_up)]) as api:
        with pytest.raises(SystemExit) as ended:
            post(api, source)
        assert source.closes == 1
        if not hangs_up:
            (request,) = api.wait_for_posts(1)
            assert request.is_complete  # the message was ended all the same
    assert ended.value.code == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"invocation/request-1/response: the Runtime API answered {status} no; the process ends"
    ]


def test_a_slow_body_notices_a_refusal_at_its_next_item() -> None:
    pause = threading.Event()
    source = Body(endless(lambda: pause.wait(0.15)))
    with (
        FakeRuntimeApi(response=[Reply(403, early=True)]) as api,
        pytest.raises(SystemExit),
    ):
        post(api, source)
    assert source.drawn <= 3


def test_a_runtime_api_that_hangs_up_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    source = Body(endless())
    with FakeRuntimeApi(response=[Reply(None, early=True)]) as api, pytest.raises(SystemExit) as ended:
        post(api, source)
    assert ended.value.code == 1
    assert source.closes == 1
    (record,) = caplog.records
    assert record.getMessage().startswith("invocation/request-1/response: the Runtime API gave no answer: ")


def test_a_runtime_api_that_is_not_there_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    with FakeRuntimeApi() as api:
        pass
    source = Body([b"one"])
    with pytest.raises(SystemExit) as ended:
        post(api, source)
    assert ended.value.code == 1
    assert source.closes == 1
    (record,) = caplog.records
    assert record.getMessage().startswith(
        f"invocation/request-1/response: the Runtime API cannot be reached at {api.address}: "
    )


def test_a_reader_that_stops_stops_the_body_too() -> None:
    size, count = 1 << 16, 1000
    source = Body(b"x" * size for _ in range(count))
    with FakeRuntimeApi() as api:
        api.reads_bodies.clear()
        posting = threading.Thread(target=post, args=(api, source))
        posting.start()
        api.wait_for(api.posts)
        posting.join(0.3)
        held_back = source.drawn
        api.reads_bodies.set()
        posting.join()
        (request,) = api.wait_for_posts(1)
    assert held_back < count / 2  # what fits into the kernel's buffers, and no item more
    assert len(request.body) == len(PRELUDE) + size * count
    assert source.closes == 1
