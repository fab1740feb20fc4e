import base64
import json
from collections.abc import Iterator

import pytest
from awslambdaric.lambda_runtime_exception import FaultException
from streaming_runtime import StreamResponse
from streaming_runtime.marshaller import OpenedStream, StreamingMarshaller

FUNCTION_URL_EVENT = b'{"version":"2.0","requestContext":{"http":{"method":"GET","path":"/"}}}'
DIRECT_EVENTS = [b"{}", b'{"requestContext":{}}', b'{"requestContext":"http"}', b"[]", b'"http"', b"null", b"7"]


def marshaller(event: bytes) -> StreamingMarshaller:
    """A marshaller that has just read `event`."""
    marshaller = StreamingMarshaller()
    assert marshaller.unmarshal_request(event, "application/json") == json.loads(event)
    return marshaller


class Source:
    """A body that counts its closes."""

    def __init__(self, *items: bytes | Exception) -> None:
        self._items = iter(items)
        self.closes = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item = next(self._items)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self.closes += 1


def direct(response: StreamResponse, event: bytes = b"{}") -> dict[str, object]:
    """What a direct invoke gets."""
    result, content_type = marshaller(event).marshal_response(response)
    assert content_type == "application/json"
    assert isinstance(result, str)
    answer = json.loads(result)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"a": 1}, ('{"a": 1}', "application/json")),
        (None, ("null", "application/json")),
        ("text", ('"text"', "application/json")),
        (b"bytes", (b"bytes", "application/unknown")),
    ],
)
@pytest.mark.parametrize("event", [FUNCTION_URL_EVENT, b"{}"])
def test_anything_but_a_stream_response_is_marshalled_as_on_the_plain_runtime(
    response: object, expected: tuple[str | bytes, str], event: bytes
) -> None:
    assert marshaller(event).marshal_response(response) == expected


def test_what_json_cannot_say_is_awslambdarics_marshal_error() -> None:
    with pytest.raises(FaultException) as raised:
        marshaller(FUNCTION_URL_EVENT).marshal_response(object())
    assert raised.value.exception_type == "Runtime.MarshalError"


def test_a_stream_is_opened_with_its_first_item_drawn_and_no_more() -> None:
    source = Source(b"", b"one", b"two")
    stream, content_type = marshaller(FUNCTION_URL_EVENT).marshal_response(StreamResponse(body=source))
    assert isinstance(stream, OpenedStream)
    assert content_type == "application/vnd.awslambda.http-integration-response"
    assert stream.first == b"one"
    assert stream.prelude.endswith(b"}" + b"\0" * 8)
    assert stream.body.draw() == b"two"
    assert source.closes == 0


def test_a_body_of_nothing_is_opened_with_a_newline() -> None:
    stream, _ = marshaller(FUNCTION_URL_EVENT).marshal_response(StreamResponse(body=[b"", b""]))
    assert isinstance(stream, OpenedStream)
    assert stream.first == b"\n"


@pytest.mark.parametrize("event", [FUNCTION_URL_EVENT, b"{}"])
def test_a_failure_before_the_first_byte_is_raised_and_the_body_closed(event: bytes) -> None:
    source = Source(b"", ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        marshaller(event).marshal_response(StreamResponse(body=source))
    assert source.closes == 1


@pytest.mark.parametrize("event", [FUNCTION_URL_EVENT, b"{}"])
def test_a_head_that_cannot_be_sent_is_a_marshal_error_and_nothing_is_drawn(event: bytes) -> None:
    source = Source(AssertionError("drawn"))
    with pytest.raises(FaultException) as raised:
        marshaller(event).marshal_response(StreamResponse(headers={"x-a": "a\r\nb"}, body=source))
    assert raised.value.exception_type == "Runtime.MarshalError"
    assert raised.value.msg == (
        "Unable to marshal response: "
        "the value of header 'x-a' has a control character (CR, LF, NUL, …) or one outside latin-1"
    )
    assert source.closes == 1


@pytest.mark.parametrize("event", DIRECT_EVENTS)
def test_a_direct_invoke_gets_the_payload_2_object(event: bytes) -> None:
    response = StreamResponse(201, {"Content-Type": "text/event-stream", "Set-Cookie": "b=2"}, ["a=1"], [b"o", b"k"])
    assert direct(response, event) == {
        "statusCode": 201,
        "headers": {"Content-Type": "text/event-stream"},
        "cookies": ["a=1", "b=2"],
        "body": "ok",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/event-stream; charset=utf-8",
        "application/json",
        "APPLICATION/JSON ;charset=utf-8",
        "application/problem+json",
        "application/x-ndjson",
        "application/xml",
        "application/atom+xml",
    ],
)
def test_a_direct_invoke_gets_text_as_text(content_type: str) -> None:
    answer = direct(StreamResponse(headers={"content-type": content_type}, body=["grüße".encode()]))
    assert (answer["body"], answer["isBase64Encoded"]) == ("grüße", False)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/vnd.amazon.eventstream", b"abc"),
        ("application/octet-stream", b"abc"),
        ("image/png", b"\x89PNG"),
        ("text/plain; charset=latin-1", "grüße".encode("latin-1")),
    ],
)
def test_a_direct_invoke_gets_anything_else_in_base64(content_type: str, body: bytes) -> None:
    answer = direct(StreamResponse(headers={"content-type": content_type}, body=[body]))
    assert (base64.b64decode(str(answer["body"])), answer["isBase64Encoded"]) == (body, True)


def test_a_direct_invoke_gets_nothing_for_a_body_of_nothing() -> None:
    assert direct(StreamResponse())["body"] == ""


def test_a_direct_invoke_closes_the_body() -> None:
    source = Source(b"a")
    direct(StreamResponse(body=source))
    assert source.closes == 1


def test_a_failure_anywhere_in_a_direct_invokes_body_is_raised() -> None:
    source = Source(b"a", ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        marshaller(b"{}").marshal_response(StreamResponse(body=source))
    assert source.closes == 1


def test_each_event_says_anew_how_it_is_answered() -> None:
    reader = marshaller(FUNCTION_URL_EVENT)
    reader.unmarshal_request(b"{}", "application/json")
    assert isinstance(reader.marshal_response(StreamResponse())[0], str)
    reader.unmarshal_request(FUNCTION_URL_EVENT, "application/json")
    assert isinstance(reader.marshal_response(StreamResponse())[0], OpenedStream)


@pytest.mark.parametrize("result", [[StreamResponse()], {"answer": StreamResponse()}])
def test_a_stream_response_within_something_else_is_no_answer(result: object) -> None:
    with pytest.raises(FaultException):
        marshaller(FUNCTION_URL_EVENT).marshal_response(result)


def test_two_stream_responses_share_nothing() -> None:
    first = StreamResponse()
    first.headers["set-cookie"] = "session=of-somebody-else"  # type: ignore[index] # what a handler might do
    assert StreamResponse().headers == {}
