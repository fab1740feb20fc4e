import json
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streaming_runtime import StreamResponse
from streaming_runtime.head import InvalidHeadError, head_of

TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CONTROLS = [chr(code) for code in (*range(0x20), 0x7F) if chr(code) != "\t"]
SPECIAL = ("content-type", "content-length", "transfer-encoding", "set-cookie")

names = st.text(TOKEN, min_size=1).filter(lambda name: name.lower() not in SPECIAL)
values = st.text(st.characters(max_codepoint=0xFF, blacklist_characters=[*CONTROLS])).filter(str.isprintable)
unsendable = st.characters(whitelist_categories=["Lo", "So"], min_codepoint=0x100) | st.sampled_from(CONTROLS)


def test_a_prelude_is_compact_json_and_eight_nul_bytes() -> None:
    response = StreamResponse(201, {"content-type": "text/event-stream", "X-Test": "1"}, ["a=b; Path=/"])
    assert head_of(response).prelude() == (
        b'{"statusCode":201,"headers":{"content-type":"text/event-stream","X-Test":"1"},"cookies":["a=b; Path=/"]}'
        b"\0\0\0\0\0\0\0\0"
    )


def test_an_answer_without_a_content_type_is_octets() -> None:
    assert head_of(StreamResponse()).prelude() == (
        b'{"statusCode":200,"headers":{"content-type":"application/octet-stream"},"cookies":[]}' + b"\0" * 8
    )


def test_a_content_type_in_any_case_is_kept() -> None:
    head = head_of(StreamResponse(headers={"Content-TYPE": "text/plain"}))
    assert head.headers == {"Content-TYPE": "text/plain"}
    assert head.content_type == "text/plain"


@pytest.mark.parametrize("name", ["set-cookie", "Set-Cookie", "SET-COOKIE"])
def test_a_set_cookie_header_becomes_a_cookie(name: str) -> None:
    head = head_of(StreamResponse(headers={name: "b=2"}, cookies=("a=1",)))
    assert head.cookies == ["a=1", "b=2"]
    assert list(head.headers) == ["content-type"]


def test_set_cookie_headers_in_two_spellings_are_two_cookies() -> None:
    assert head_of(StreamResponse(headers={"Set-Cookie": "a=1", "set-cookie": "b=2"})).cookies == ["a=1", "b=2"]


def test_headers_that_the_platform_sets_are_dropped() -> None:
    head = head_of(StreamResponse(headers={"Content-Length": "5", "TRANSFER-ENCODING": "chunked"}))
    assert list(head.headers) == ["content-type"]


def test_a_header_in_two_spellings_is_refused() -> None:
    with pytest.raises(InvalidHeadError, match=r"header 'x-a' is there twice, in two spellings"):
        head_of(StreamResponse(headers={"X-A": "1", "x-a": "2"}))


@pytest.mark.parametrize("status", [200, 404, 599, HTTPStatus.IM_A_TEAPOT])
def test_a_final_status_is_a_plain_number_in_the_prelude(status: int) -> None:
    assert head_of(StreamResponse(status)).prelude().startswith(b'{"statusCode":%d,' % status)


@pytest.mark.parametrize("status", [0, 100, 199, 600, -1, "200", None, 200.0])
def test_a_status_that_cannot_end_an_exchange_is_refused(status: int) -> None:
    with pytest.raises(InvalidHeadError, match=r"status_code must be an integer from 200 to 599"):
        head_of(StreamResponse(status))


@pytest.mark.parametrize("name", ["", " ", "a b", "a:", "a\r\nb", "a\0", "é", "日本", 7])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(InvalidHeadError, match=r"is not an HTTP token"):
        head_of(StreamResponse(headers={name: "x"}))


@pytest.mark.parametrize("value", ["a\rb", "a\nb", "a\r\nSet-Cookie: admin=1", "a\0b", "\x7f", "日本", "\ud800"])
def test_a_value_that_would_break_out_of_its_line_is_refused(value: str) -> None:
    with pytest.raises(InvalidHeadError, match=r"the value of header 'x-a' has a control character") as raised:
        head_of(StreamResponse(headers={"x-a": value}))
    assert value not in str(raised.value)
    with pytest.raises(InvalidHeadError, match=r"a cookie has a control character"):
        head_of(StreamResponse(cookies=[value]))
    with pytest.raises(InvalidHeadError, match=r"header 'Set-Cookie' has a control character"):
        head_of(StreamResponse(headers={"Set-Cookie": value}))


@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_a_value_that_is_no_string_is_refused(value: str) -> None:
    with pytest.raises(InvalidHeadError, match=r"must be a string, not (NoneType|int|bytes)"):
        head_of(StreamResponse(headers={"x-a": value}))


def test_one_string_is_not_taken_for_many_cookies() -> None:
    with pytest.raises(InvalidHeadError, match=r"cookies must be a sequence of strings, not one string"):
        head_of(StreamResponse(cookies="a=b"))


@given(st.dictionaries(names, values, max_size=8), st.lists(values, max_size=4), st.integers(200, 599))
def test_whatever_http_can_carry_comes_through_unchanged(
    headers: dict[str, str], cookies: list[str], status: int
) -> None:
    if len({name.lower() for name in headers}) < len(headers):
        return
    metadata, separator, rest = head_of(StreamResponse(status, headers, cookies)).prelude().partition(b"\0" * 8)
    assert json.loads(metadata) == {
        "statusCode": status,
        "headers": {**headers, "content-type": "application/octet-stream"},
        "cookies": cookies,
    }
    assert (separator, rest) == (b"\0" * 8, b"")
    assert metadata.isascii()
    assert b"\0" not in metadata


@given(names, values, unsendable, values)
def test_whatever_http_cannot_carry_is_refused(name: str, before: str, character: str, after: str) -> None:
    with pytest.raises(InvalidHeadError):
        head_of(StreamResponse(headers={name: before + character + after}))
    with pytest.raises(InvalidHeadError):
        head_of(StreamResponse(headers={name + character: before}))
