"""Requests' heads are read as h11 reads them, or refused."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_local.http_body import MalformedRequest
from sluice_local.http_request_head import RequestHead, read_head

HEAD = b"POST /a%2Fb?x=%20 HTTP/1.1\r\nHost: h:80\r\nX-Two: 1\r\nx-two: \t2 3\t\r\nContent-Length: 2\r\nEmpty:\r\n\r\n"
READ = RequestHead(
    "POST",
    "/a%2Fb?x=%20",
    (("host", "h:80"), ("x-two", "1"), ("x-two", "2 3"), ("content-length", "2"), ("empty", "")),
    is_http_1_0=False,
)
MAX_HEAD = 64 * 1024


def refusal_of(data: bytes) -> tuple[int, str]:
    with pytest.raises(MalformedRequest) as refused:
        read_head(data)
    return refused.value.status, str(refused.value)


def test_a_head_is_read_to_its_end_and_no_further() -> None:
    assert read_head(HEAD + b"hi\r\n\r\n") == (READ, b"hi\r\n\r\n")


@pytest.mark.parametrize("length", range(len(HEAD)))
def test_a_head_that_is_not_all_there_is_waited_for(length: int) -> None:
    assert read_head(HEAD[:length]) is None


def test_http_1_0_needs_no_host_and_is_never_told_to_go_on() -> None:
    found = read_head(b"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")
    assert found is not None
    assert found[0].is_http_1_0
    assert not found[0].awaits_continue


@pytest.mark.parametrize(("value", "awaits"), [(b"100-continue", True), (b"100-Continue", True), (b"x", False)])
def test_a_client_that_waits_to_be_told_to_go_on_is_known(value: bytes, awaits: bool) -> None:
    found = read_head(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: %b\r\n\r\n" % value)
    assert found is not None
    assert found[0].awaits_continue is awaits


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"NONSENSE\r\n\r\n", 400, "the request line is malformed: 'NONSENSE'"),
        (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the request line is malformed: 'GET  / HTTP/1.1'"),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400, "the request line is malformed: 'GET / HTTP/2.0'"),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the request line is malformed: 'GET /Ã© HTTP/1.1'"),
        (b"\x16\x03\x01\x02\x00\x01", 400, "this is no HTTP request"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400, "a header line is malformed: 'no colon'"),
        (b"GET / HTTP/1.1\r\nHost: h\r\na b: c\r\n\r\n", 400, "a header line is malformed: 'a b: c'"),
        (b"GET / HTTP/1.1\r\nHost: h\r\na: b\r\n c\r\n\r\n", 400, "a header line is malformed: ' c'"),
        (b"GET / HTTP/1.1\r\nHost: h\r\na: b\nc: d\r\n\r\n", 400, "a header line is malformed: 'a: b\\nc: d'"),
        (b"GET / HTTP/1.1\r\nHost: h\r\na: \0\r\n\r\n", 400, "a header line is malformed: 'a: \\x00'"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "the request must have one host header"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, "the request must have one host header"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", 400, "the content-length is no number: '+1'"),
        (
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "the request says more than once where its body ends",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "the request says more than once where its body ends",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            501,
            "the transfer-encoding 'gzip, chunked' is unknown",
        ),
        (b"GET /" + b"x" * MAX_HEAD, 431, "the request's head is too long"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(data: bytes, status: int, reason: str) -> None:
    assert refusal_of(data) == (status, reason)


NAMES = st.sampled_from([b"a", b"Host", b"X-Y", b"content-length", b"Transfer-Encoding", b"expect", b"a b", b""])
VALUES = st.one_of(
    st.sampled_from([b"", b" 1", b"chunked", b"100-continue", b"1, 1", b"\x0b1", b" \t"]), st.binary(max_size=6)
)
LINES = st.lists(st.builds(lambda name, value: b"%b:%b\r\n" % (name, value), NAMES, VALUES), max_size=5)
REQUEST_LINES = st.sampled_from([b"GET / HTTP/1.1", b"POST /x?y HTTP/1.0", b"G\xe9T / HTTP/1.1", b"GET / HTTP/1.1 "])


@given(REQUEST_LINES, LINES)
def test_whatever_is_read_h11_reads_too_and_in_the_same_way(line: bytes, lines: list[bytes]) -> None:
    data = line + b"\r\n" + b"".join(lines) + b"\r\n"
    try:
        found = read_head(data)
    except MalformedRequest:
        return
    assert found is not None
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(data)
    event = parser.next_event()
    assert isinstance(event, h11.Request)
    head, rest = found
    assert (head.method, head.target) == (event.method.decode(), event.target.decode())
    assert head.headers == tuple((name.decode(), value.decode("latin-1")) for name, value in event.headers)
    assert head.is_http_1_0 is (event.http_version == b"1.0")
    assert head.awaits_continue is parser.they_are_waiting_for_100_continue
    assert rest == parser.trailing_data[0]
