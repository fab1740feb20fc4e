"""How the Runtime API's answers are read."""

import io
from functools import partial

import pytest
from streaming_runtime.answer import Answer, AnswerError, read_answer

COUNTED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{ }\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\none\r\nA\r\n and a two\r\n0\r\nSome: trailer\r\n\r\n"
)


def read(wire: bytes) -> Answer:
    return read_answer(partial(io.BytesIO(wire).read, 65_536))


def test_a_counted_body_ends_where_its_length_says() -> None:
    answer = read(COUNTED + b"more")
    assert answer == Answer(200, {"content-type": "application/json", "content-length": "4"}, b"{ }\n")


@pytest.mark.parametrize("wire", [COUNTED, CHUNKED, b"HTTP/1.0 202 Accepted\r\n\r\nall of it"])
def test_an_answer_is_the_same_however_its_bytes_arrive(wire: bytes) -> None:
    for size in range(1, len(wire)):
        assert read_answer(partial(io.BytesIO(wire).read, size)) == read(wire)


def test_chunks_are_joined_and_trailers_dropped() -> None:
    answer = read(CHUNKED + b"more")
    assert answer == Answer(200, {"transfer-encoding": "chunked"}, b"one and a two")


def test_a_body_of_no_stated_length_ends_with_the_connection() -> None:
    assert read(b"HTTP/1.0 202 Accepted\r\n\r\nall of it") == Answer(202, {}, b"all of it", closes=True)


@pytest.mark.parametrize(
    ("line", "fields", "closes"),
    [
        (b"HTTP/1.1 200 OK", b"Content-Length: 0", False),
        (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", False),
        (b"HTTP/1.1 200 OK", b"Content-Length: 0\r\nConnection: Keep-Alive", False),
        (b"HTTP/1.1 200 OK", b"Content-Length: 0\r\nConnection: Close", True),
        (b"HTTP/1.1 200 OK", b"X: y", True),
        (b"HTTP/1.0 200 OK", b"Content-Length: 0", True),
    ],
)
def test_an_answer_tells_whether_another_may_follow(line: bytes, fields: bytes, closes: bool) -> None:
    assert read(line + b"\r\n" + fields + b"\r\n\r\n" + b"0\r\n\r\n" * (b"chunked" in fields)).closes is closes


def test_an_interim_answer_is_passed_over() -> None:
    assert read(b"HTTP/1.1 100 Continue\r\n\r\n" + COUNTED).status == 200


def test_a_client_context_in_utf_8_is_read_as_such() -> None:
    wire = 'HTTP/1.1 200 OK\r\nLambda-Runtime-Client-Context:  {"a":"ä"} \r\nContent-Length: 0\r\n\r\n'.encode()
    assert read(wire).headers["lambda-runtime-client-context"] == '{"a":"ä"}'


@pytest.mark.parametrize("wire", [COUNTED, CHUNKED])
def test_an_answer_cut_anywhere_is_no_answer(wire: bytes) -> None:
    for length in range(len(wire)):
        with pytest.raises(AnswerError):
            read(wire[:length])


@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: some\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsome\r\n",
    ],
)
def test_what_is_no_http_is_said_to_be_none(wire: bytes) -> None:
    with pytest.raises(AnswerError, match=r"^not a "):
        read(wire)


def test_an_answer_tells_its_status_and_the_beginning_of_its_body() -> None:
    assert str(Answer(403, {}, b"no\n" + b"x" * 1000)) == "403 no\n" + "x" * 509
