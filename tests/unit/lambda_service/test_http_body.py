"""Bodies are read the same however the network cuts them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_local.http_body import ChunkedDecoder, LengthDecoder, MalformedRequest, decoder_for

CHUNKED = b'5\r\nhello\r\n1;name="x"\r\n \r\n00A\r\n0123456789\r\n0\r\nX-Error-Type: Function.Bad\r\nx-empty:\r\n\r\n'
CHUNKED_BODY = b"hello 0123456789"
CHUNKED_TRAILERS = (("x-error-type", "Function.Bad"), ("x-empty", ""))


def feed(decoder: ChunkedDecoder | LengthDecoder, pieces: list[bytes]) -> bytes:
    return b"".join(decoder.feed(piece) for piece in pieces)


@pytest.mark.parametrize("cut", range(1, len(CHUNKED)))
def test_a_chunked_body_cut_anywhere_is_the_same_body(cut: int) -> None:
    decoder = ChunkedDecoder()
    assert feed(decoder, [CHUNKED[:cut], CHUNKED[cut:]]) == CHUNKED_BODY
    assert (decoder.done, decoder.trailers, decoder.rest) == (True, CHUNKED_TRAILERS, b"")


def test_a_chunked_body_that_comes_byte_by_byte_is_the_same_body() -> None:
    decoder = ChunkedDecoder()
    assert feed(decoder, [bytes([byte]) for byte in CHUNKED]) == CHUNKED_BODY
    assert decoder.trailers == CHUNKED_TRAILERS


@given(st.lists(st.binary(min_size=1, max_size=300)), st.lists(st.integers(0, 4000)))
def test_any_chunks_cut_at_any_places_give_their_bytes(chunks: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    places = [0, *sorted(cut for cut in cuts if cut < len(wire)), len(wire)]
    decoder = ChunkedDecoder()
    pieces = [wire[start:end] for start, end in pairwise(places)]
    assert feed(decoder, pieces) == b"".join(chunks)
    assert decoder.done


def test_what_follows_a_chunked_body_belongs_to_the_next_request() -> None:
    decoder = ChunkedDecoder()
    decoder.feed(b"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n")
    assert decoder.rest == b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "wire",
    [
        b"\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n",
        b"5 5\r\nhello\r\n",
        b"1\nx\r\n",
        b"5\r\nhello!\r\n",
        b"1\r\nx\rx",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\nname : x\r\n\r\n",
        b"1" * 17 + b"\r\n",
        b"5;" + b"x" * 20_000,
    ],
)
def test_broken_framing_is_refused(wire: bytes) -> None:
    with pytest.raises(MalformedRequest):
        ChunkedDecoder().feed(wire)


def test_a_chunked_body_without_its_last_chunk_is_not_done() -> None:
    decoder = ChunkedDecoder()
    assert decoder.feed(b"5\r\nhello\r\n") == b"hello"
    assert not decoder.done


def test_a_counted_body_ends_at_its_length() -> None:
    decoder = LengthDecoder(5)
    assert feed(decoder, [b"he", b"lloGET"]) == b"hello"
    assert (decoder.done, decoder.rest) == (True, b"GET")


def test_a_request_without_framing_headers_has_no_body() -> None:
    decoder = decoder_for((("host", "x"),))
    assert (decoder.done, decoder.feed(b"GET"), decoder.rest) == (True, b"", b"GET")


def test_chunked_coding_wins_over_a_length() -> None:
    assert isinstance(decoder_for((("content-length", "3"), ("transfer-encoding", "chunked"))), ChunkedDecoder)
