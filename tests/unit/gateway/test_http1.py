import pytest
from gateway.http1 import BadResponse, Head, ResponseReader, parse_head
from hypothesis import given
from hypothesis import strategies as st
from unit.gateway.recordings import cuts, every_cut

COUNTED = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-type: text/plain\r\n\r\nhello world"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b'5;name="a;b"\r\nhello\r\n0001 ; x\r\n \r\n5\r\nworld\r\n0;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n'
)
UNTIL_CLOSE = b"HTTP/1.1 200\r\n\r\nhello world"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + COUNTED
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
BODILESS = b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n"
FRAMED = [COUNTED, CHUNKED, CONTINUED, EMPTY, BODILESS]


def read(pieces, *, closed=False):
    """Feed the pieces, then the end of the connection if asked; return the reader and the body."""
    reader = ResponseReader()
    body = b"".join(reader.feed(piece) for piece in pieces)
    return reader, body + reader.feed(b"") if closed else body


def head(*lines):
    return b"".join(line + b"\r\n" for line in (b"HTTP/1.1 200 OK", *lines)) + b"\r\n"


@pytest.mark.parametrize(
    ("response", "status", "headers", "body"),
    [
        (COUNTED, 200, {"content-length": "11", "content-type": "text/plain"}, b"hello world"),
        (CHUNKED, 200, {"transfer-encoding": "Chunked"}, b"hello world"),
        (CONTINUED, 200, {"content-length": "11", "content-type": "text/plain"}, b"hello world"),
        (EMPTY, 200, {"content-length": "0"}, b""),
        (BODILESS, 204, {"transfer-encoding": "chunked"}, b""),
    ],
    ids=["content-length", "chunked", "interim responses", "empty", "no content"],
)
def test_a_framed_response_is_the_same_wherever_it_is_cut(response, status, headers, body):
    for pieces in every_cut(response):
        reader, got = read(pieces)
        assert reader.head == Head(status, headers)
        assert got == body
        assert reader.ended
        assert reader.reusable


def test_a_body_without_a_length_lasts_until_the_peer_closes():
    for pieces in every_cut(UNTIL_CLOSE):
        reader, body = read(pieces)
        assert (body, reader.ended) == (b"hello world", False)
        assert reader.feed(b"") == b""
        assert (reader.ended, reader.reusable) == (True, False)


@pytest.mark.parametrize("response", FRAMED)
def test_a_response_whose_end_is_missing_is_never_taken_for_whole(response):
    for position in range(len(response)):
        reader, _ = read([response[:position]] if position else [])
        assert not reader.ended
        with pytest.raises(BadResponse, match="the connection was closed"):
            reader.feed(b"")


def test_a_body_comes_out_as_it_comes_in():
    reader = ResponseReader()
    assert reader.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n") == b""
    assert reader.feed(b"a\r\n01234") == b"01234"
    assert reader.feed(b"56789\r") == b"56789"
    assert reader.feed(b"\n2\r\nab\r\n1\r\nc\r\n0\r\n") == b"abc"
    assert not reader.ended
    assert reader.feed(b"\r\n") == b""
    assert reader.ended


@pytest.mark.parametrize("surplus", [b"H", b"HTTP/1.1 200 OK\r\n\r\n", b"\r\n"])
@pytest.mark.parametrize("response", FRAMED)
def test_a_connection_with_surplus_bytes_is_not_used_again(response, surplus):
    for pieces in ([response + surplus], [response, surplus]):
        reader, body = read(pieces)
        assert body == read([response])[1]
        assert reader.ended
        assert not reader.reusable


@pytest.mark.parametrize(
    ("connection", "reusable"),
    [
        (b"keep-alive", True),
        (b"close", False),
        (b"Close", False),
        (b"keep-alive, close", False),
        (b"close ,x", False),
        (b"closed", True),
    ],
)
def test_a_connection_the_peer_will_close_is_not_used_again(connection, reusable):
    reader, _ = read([head(b"content-length: 0", b"connection: " + connection)])
    assert reader.reusable is reusable


@pytest.mark.parametrize(("more", "reusable"), [((), False), ((b"connection: keep-alive",), True)])
def test_an_older_peer_keeps_a_connection_only_if_it_says_so(more, reusable):
    response = head(b"content-length: 0", *more).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert read([response])[0].reusable is reusable


@pytest.mark.parametrize(
    ("line", "status"),
    [(b"HTTP/1.1 200 OK", 200), (b"HTTP/1.0 404 Not Found", 404), (b"HTTP/1.1 500", 500), (b"HTTP/1.1 599 ", 599)],
)
def test_a_status_line_gives_its_status(line, status):
    assert parse_head(line).status == status


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"HTTP/2 200 OK",
        b"HTTP/1.1",
        b"HTTP/1.1 20",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 200OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 099 Odd",
        b"HTTP/1.1 600 Odd",
        b"HTTP/1.1 \xb2\xb2\xb2 OK",  # str.isdigit() is true of a superscript two
        b"ICY 200 OK",
        b'{"message":"not HTTP at all"}',
        b"HTTP/1.1 200 OK\nx: y",
    ],
)
def test_what_is_no_status_line_is_refused(line):
    with pytest.raises(BadResponse, match=r"not an HTTP/1\.1 response"):
        parse_head(line)


@pytest.mark.parametrize(
    "line",
    [
        b"no colon",
        b": no name",
        b"name : value",
        b" folded: line",
        b"na me: value",
        b"name: val\rue",
        b"name: value\nother: line",
        b"name: nul\0",
        b"name: esc\x1b",
        b"n\xe4me: value",
    ],
)
def test_what_is_no_header_line_is_refused(line):
    with pytest.raises(BadResponse, match="not a header line"):
        read([head(line)])


def test_header_values_are_stripped_and_repeated_ones_joined():
    parsed = parse_head(b"HTTP/1.1 200 OK\r\nX-A:\t 1 \r\nx-a:2\r\nX-B: caf\xe9: x")
    assert parsed.headers == {"x-a": "1, 2", "x-b": "caf\xe9: x"}


@pytest.mark.parametrize("length", [b"-1", b"+1", b"1_0", b"0x1", b"", b"1.0", b"\xb2", b"9" * 5_000, b"5, 5"])
def test_a_content_length_that_is_no_number_is_refused(length):
    with pytest.raises(BadResponse, match="content-length is no number"):
        read([head(b"content-length: " + length)])


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"identity", b"xchunked", b""])
def test_a_transfer_encoding_nobody_knows_is_refused_rather_than_passed_on_as_a_body(coding):
    with pytest.raises(BadResponse, match="unknown transfer-encoding"):
        read([head(b"transfer-encoding: " + coding)])


@pytest.mark.parametrize("size", [b"", b"-1", b"+5", b"0x5", b"5_0", b"g", b"f" * 17, b" ", b";a"])
def test_a_chunk_size_that_is_no_number_is_refused(size):
    with pytest.raises(BadResponse, match="not a chunk size"):
        read([head(b"transfer-encoding: chunked") + size + b"\r\nhello\r\n"])


def test_a_chunk_that_does_not_end_where_its_size_says_is_refused():
    for size in (b"4", b"6"):
        with pytest.raises(BadResponse, match="does not end where its size says"):
            read([head(b"transfer-encoding: chunked") + size + b"\r\nhello\r\n0\r\n\r\n"])


@pytest.mark.parametrize(
    ("endless", "complaint"),
    [
        (b"HTTP/1.1 200 OK\r\nx: ", "head is too long"),
        (head(b"transfer-encoding: chunked") + b"5;", "size line is too long"),
        (head(b"transfer-encoding: chunked") + b"0\r\nx: ", "trailers are too long"),
    ],
)
def test_what_never_ends_does_not_fill_the_memory(endless, complaint):
    with pytest.raises(BadResponse, match=complaint):
        read([endless, *[b"y" * 1_000] * 1_000])


def test_any_number_of_interim_responses_is_read_past():
    reader, body = read([b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000 + COUNTED])
    assert (reader.head.status, body) == (200, b"hello world")


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_read_or_refused(data, position):
    for prefix in (b"", head(), head(b"transfer-encoding: chunked"), head(b"content-length: 40")):
        reader = ResponseReader()
        try:
            for piece in cuts(prefix + data, min(position, len(data))):
                reader.feed(piece or b"HTTP")
            reader.feed(b"")
        except BadResponse:
            assert not reader.reusable
