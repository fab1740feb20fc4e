import pytest
from gateway.cors import cors_headers, preflight

EXPOSED = "*"
ALLOWED = ("https://app.example.com", "http://localhost:3000")
ORIGIN = {"origin": "https://app.example.com"}


def test_an_allowed_origin_may_read_the_answer_and_its_headers():
    assert cors_headers(ALLOWED, ORIGIN) == {
        "access-control-allow-origin": "https://app.example.com",
        "access-control-expose-headers": EXPOSED,
        "vary": "origin",
    }


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://evil.example/?https://app.example.com",
        "https://APP.example.com.evil",
    ],
)
def test_any_other_origin_may_not_and_no_cache_confuses_them(origin):
    assert cors_headers(ALLOWED, {"origin": origin}) == {"vary": "origin"}


def test_a_request_of_no_browser_is_told_to_caches_only():
    assert cors_headers(("*",), {}) == {"vary": "origin"}


@pytest.mark.parametrize("allowed", [("*",), ("https://other.example", "*")])
def test_a_star_lets_every_page_read_and_sends_no_origin_back(allowed):
    assert cors_headers(allowed, ORIGIN)["access-control-allow-origin"] == "*"


def test_cors_is_off_where_nothing_is_allowed():
    assert cors_headers((), ORIGIN) == {}


def test_a_preflight_allows_the_headers_the_page_asks_for():
    response = preflight(ALLOWED, {**ORIGIN, "access-control-request-headers": "authorization, x-stainless-os"})
    assert (response.status, response.body) == (200, (b"ok\n",))
    assert response.headers == {
        "content-type": "text/plain",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "authorization, x-stainless-os",
        "access-control-max-age": "7200",
    }


@pytest.mark.parametrize("asked", ["", "a\r\nset-cookie: b", "日本", "a\x00", "a" * 5_000, '"a"'])
def test_a_preflight_never_sends_back_what_no_header_can_hold(asked):
    response = preflight(ALLOWED, {**ORIGIN, "access-control-request-headers": asked})
    assert response.headers["access-control-allow-headers"] == "*"


def test_a_preflight_of_another_origin_allows_nothing():
    assert preflight(ALLOWED, {"origin": "https://evil.example"}).headers == {"content-type": "text/plain"}
