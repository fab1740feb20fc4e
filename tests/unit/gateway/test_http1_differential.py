"""The response reader against the standard library's, on responses that hypothesis makes."""

import http.client
import io
import string
from itertools import pairwise

from gateway.http1 import BadResponse, ResponseReader
from hypothesis import given
from hypothesis import strategies as st

FRAMING = {"content-length", "transfer-encoding", "connection"}
TOKEN = "!#$%&'*+-.^_`|~" + string.digits + string.ascii_letters

names = st.text(TOKEN, min_size=1, max_size=12).filter(lambda name: name.lower() not in FRAMING)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
extensions = st.text(string.ascii_letters + '=" ', max_size=8)


@st.composite
def heads(draw, framing):
    lines = [f"{name}: {value}" for name, value in draw(st.lists(st.tuples(names, values), max_size=4))]
    lines.insert(draw(st.integers(0, len(lines))), framing)
    status = draw(st.sampled_from([200, 201, 302, 400, 429, 503]))
    interim = "HTTP/1.1 100 Continue\r\n\r\n" * draw(st.integers(0, 2))
    return (interim + "\r\n".join([f"HTTP/1.1 {status} Some words", *lines, "", ""])).encode()


@st.composite
def counted(draw):
    body = draw(st.binary(max_size=100))
    return draw(heads(f"Content-Length: {len(body)}")) + body


@st.composite
def chunked(draw):
    chunks = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=5))
    framed = [f"{len(chunk):x};{draw(extensions)}\r\n".encode() + chunk + b"\r\n" for chunk in chunks]
    trailers = [f"{name}: {value}\r\n" for name, value in draw(st.lists(st.tuples(names, values), max_size=2))]
    end = f"0\r\n{''.join(trailers)}\r\n".encode()
    return draw(heads("Transfer-Encoding: chunked")) + b"".join(framed) + end


responses = counted() | chunked()


class Wire:
    """What http.client needs of a socket."""

    def __init__(self, data):
        self._data = data

    def makefile(self, mode):
        return io.BytesIO(self._data)


def by_the_standard_library(data):
    """Return status, headers and body; None where it raises."""
    response = http.client.HTTPResponse(Wire(data))
    try:
        response.begin()
        headers = {}
        for name, value in response.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        return response.status, headers, response.read()
    except (http.client.HTTPException, ValueError):
        return None
    finally:
        response.close()


def by_us(data, *positions):
    reader = ResponseReader()
    edges = sorted({0, *(min(position, len(data)) for position in positions), len(data)})
    try:
        pieces = [data[start:end] for start, end in pairwise(edges)]
        body = b"".join([reader.feed(piece) for piece in pieces])
        if not reader.ended:
            body += reader.feed(b"")
    except BadResponse:
        return None
    return reader.head.status, reader.head.headers, body


@given(responses, st.lists(st.integers(0, 400), max_size=6))
def test_a_whole_response_is_read_as_the_standard_library_reads_it(response, positions):
    expected = by_the_standard_library(response)
    assert expected is not None
    assert by_us(response, *positions) == expected


@given(responses, st.integers(1, 400), st.lists(st.integers(0, 400), max_size=4))
def test_a_cut_response_is_refused_even_where_the_standard_library_takes_it_for_whole(response, missing, positions):
    assert by_us(response[: -min(missing, len(response))], *positions) is None
