"""Answers' heads are framed so that nothing in them can break out."""

import h11
import pytest
from sluice_local.http_head import header_tokens, response_head


def test_a_head_reads_back_as_it_was_meant() -> None:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    client.receive_data(response_head(200, [("X-One", "1"), ("set-cookie", "a=b"), ("set-cookie", "c=d"), ("e", "")]))
    response = client.next_event()
    assert isinstance(response, h11.Response)
    assert (response.status_code, response.reason) == (200, b"OK")
    assert list(response.headers) == [(b"x-one", b"1"), (b"set-cookie", b"a=b"), (b"set-cookie", b"c=d"), (b"e", b"")]


def test_a_status_without_a_name_has_an_empty_reason() -> None:
    assert response_head(299, []) == b"HTTP/1.1 299 \r\n\r\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [("a", "x\r\nset-cookie: stolen=1"), ("a", "x\nb: c"), ("a", "\0"), ("a b", "x"), ("a\r\nb", "x"), ("", "x")],
)
def test_a_field_that_would_break_the_framing_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent as a header"):
        response_head(200, [(name, value)])


def test_tokens_of_repeated_headers_are_joined() -> None:
    headers = [("connection", "Keep-Alive, x"), ("Connection", "CLOSE"), ("other", "y")]
    assert header_tokens(headers, "connection") == {"keep-alive", "x", "close"}
