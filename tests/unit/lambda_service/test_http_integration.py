"""What a function URL makes of preludes and of response objects."""

import json

import pytest
from sluice_local.lambda_service.http_integration import AnswerHead, InvalidAnswer, PreludeReader, buffered_answer

PRELUDE = b'{"statusCode":418,"headers":{"content-type":"text/plain","x-a":"1"},"cookies":["a=b; Path=/","c=d"]}'
WIRE = PRELUDE + b"\0" * 8 + b"payload\0with NULs"
HEAD = AnswerHead(418, (("content-type", "text/plain"), ("x-a", "1")), ("a=b; Path=/", "c=d"))


@pytest.mark.parametrize("cut", range(len(WIRE) + 1))
def test_a_prelude_cut_anywhere_is_the_same_and_no_payload_is_lost(cut: int) -> None:
    reader = PreludeReader()
    payload = b""
    head = None
    for piece in (WIRE[:cut], WIRE[cut:]):
        if head is not None:
            payload += piece
        elif found := reader.feed(piece):
            head, payload = found
    assert (head, payload) == (HEAD, b"payload\0with NULs")


def test_an_empty_prelude_is_a_200() -> None:
    assert PreludeReader().feed(b"{}" + b"\0" * 8) == (AnswerHead(200, (), ()), b"")


@pytest.mark.parametrize(
    "prelude",
    [
        b"not JSON",
        b"[]",
        b'{"statusCode":"many"}',
        b'{"statusCode":99}',
        b'{"statusCode":101}',
        b'{"headers":["a"]}',
        b'{"headers":{"a":"x\\r\\nset-cookie: stolen=1"}}',
        b'{"headers":{"a b":"x"}}',
        b'{"headers":{"a":["x"]}}',
        b'{"headers":{"a":"\xc3\xa9"}}',
        b'{"cookies":"a=b"}',
        b'{"cookies":["a=\\u0000"]}',
    ],
)
def test_a_prelude_that_cannot_be_sent_on_is_invalid(prelude: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        PreludeReader().feed(prelude + b"\0" * 8)


def test_a_prelude_without_an_end_is_given_up() -> None:
    reader = PreludeReader()
    reader.feed(b"x" * 1024 * 1024)
    with pytest.raises(InvalidAnswer, match="eight NUL bytes"):
        reader.feed(b"x")


def test_headers_that_function_urls_keep_for_themselves_are_remapped() -> None:
    kept = ("authorization", "connection", "content-length", "Date", "Server", "WWW-Authenticate")
    head = AnswerHead(200, tuple((name, "x") for name in kept), ())
    assert list(head.client_headers("text/plain")) == [
        ("content-type", "text/plain"),
        ("x-amzn-Remapped-authorization", "x"),
        ("x-amzn-Remapped-connection", "x"),
        ("x-amzn-Remapped-content-length", "x"),
        ("x-amzn-Remapped-Date", "x"),
        ("x-amzn-Remapped-Server", "x"),
        ("x-amzn-Remapped-WWW-Authenticate", "x"),
    ]


def test_other_headers_pass_and_cookies_become_set_cookie_and_framing_is_dropped() -> None:
    head = AnswerHead(200, (("Content-Type", "a/b"), ("retry-after", "3"), ("Transfer-Encoding", "gzip")), ("a=b",))
    assert list(head.client_headers("x/y")) == [("Content-Type", "a/b"), ("retry-after", "3"), ("set-cookie", "a=b")]


@pytest.mark.parametrize("result", [{"message": "hi"}, ["a"], "text", 3, None, True])
def test_a_result_that_is_no_response_object_is_json_with_status_200(result: object) -> None:
    head, body = buffered_answer(json.dumps(result).encode())
    assert (head.status, head.headers, json.loads(body)) == (200, (("content-type", "application/json"),), result)


def test_a_response_object_is_read() -> None:
    result = {"statusCode": "201", "headers": {"x-n": 3, "x-b": True}, "cookies": ["a=b"], "body": "é"}
    head = AnswerHead(201, (("x-n", "3"), ("x-b", "true")), ("a=b",))
    assert buffered_answer(json.dumps(result).encode()) == (head, "é".encode())


def test_a_base64_body_is_decoded() -> None:
    result = b'{"statusCode":200,"body":"AAH/","isBase64Encoded":true}'
    assert buffered_answer(result) == (AnswerHead(200, (), ()), b"\x00\x01\xff")


@pytest.mark.parametrize(
    "result",
    [
        b"<html>",
        b"",
        b'{"statusCode":200,"body":{"a":1}}',
        b'{"statusCode":200,"body":"no base64!","isBase64Encoded":true}',
    ],
)
def test_a_result_that_cannot_be_sent_is_invalid(result: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        buffered_answer(result)
