"""The frames that refuse HTTP/2, byte by byte."""

from sluice_local.http2_advice import ADVICE, refusal

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
GOAWAY_HEAD = b"\x07\x00\x00\x00\x00\x00"
HTTP_1_1_REQUIRED = b"\x00\x00\x00\x0d"


def test_the_refusal_is_settings_and_a_goaway_that_asks_for_http_1_1() -> None:
    length = (8 + len(ADVICE)).to_bytes(3)
    no_stream = b"\x00\x00\x00\x00"
    assert refusal() == SETTINGS + length + GOAWAY_HEAD + no_stream + HTTP_1_1_REQUIRED + ADVICE.encode()


def test_the_advice_names_what_each_client_has_to_set() -> None:
    assert "AWS_BEDROCK_FORCE_HTTP1=1" in ADVICE
    assert "NodeHttpHandler" in ADVICE
