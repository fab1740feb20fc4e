"""The runtime on AWS's own Runtime API code."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.runtime_interface_emulator import BINARY
from integration.streaming_runtime.fake_runtime_api import FUNCTION_URL_EVENT
from integration.streaming_runtime.rie import Rie
from integration.streaming_runtime.runtime_process import module_command

pytestmark = pytest.mark.skipif(
    not BINARY.exists() and "CI" not in os.environ, reason="no SAM CLI here (`make .venv-sam/.synced` installs it)"
)

SSE_PRELUDE = b'{"statusCode":200,"headers":{"content-type":"text/event-stream"},"cookies":[]}' + b"\0" * 8
OCTET_PRELUDE = SSE_PRELUDE.replace(b"text/event-stream", b"application/octet-stream")


@pytest.fixture
def rie(tmp_path: Path) -> Iterator[Rie]:
    with Rie(module_command(), tmp_path) as rie:
        yield rie


def over_http(do: str, **members: object) -> bytes:
    return FUNCTION_URL_EVENT % ("," + json.dumps({"do": do, **members})[1:-1]).encode()


def direct(do: str, **members: object) -> bytes:
    return json.dumps({"do": do, **members}).encode()


def pid(rie: Rie) -> int:
    """The process that answers now."""
    status, body = rie.invoke(direct("plain", pid=True))
    assert status == 200
    number = json.loads(body)["pid"]
    assert isinstance(number, int)
    return number


def test_the_frame_is_exact(tmp_path: Path, any_version: list[str]) -> None:
    with Rie(any_version, tmp_path) as rie:
        assert rie.invoke(over_http("stream")) == (200, SSE_PRELUDE + b"onetwo")


def test_a_body_of_nothing_is_a_newline(rie: Rie) -> None:
    assert rie.invoke(over_http("stream", items=[])) == (200, SSE_PRELUDE + b"\n")


def test_a_plain_answer_and_a_direct_one_have_no_frame(rie: Rie) -> None:
    assert rie.invoke(over_http("plain")) == (200, '{"plain": "grüße 日本"}'.encode())
    status, body = rie.invoke(direct("stream"))
    assert (status, json.loads(body)["body"]) == (200, "onetwo")


def test_a_failure_before_the_first_byte_is_the_invocations(rie: Rie) -> None:
    _, body = rie.invoke(over_http("fail_before"))
    report = json.loads(body)
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "before the first byte")


@pytest.mark.parametrize("more", [0, 100_000])
def test_trailers_are_accepted_however_much_there_is_to_say(tmp_path: Path, any_version: list[str], more: int) -> None:
    with Rie(any_version, tmp_path) as rie:
        before = pid(rie)
        assert rie.invoke(over_http("fail_after", more=more)) == (200, OCTET_PRELUDE + b"one")
        assert pid(rie) == before  # a refusal would have ended the process
        assert "[ERROR] ValueError: after the first byte" in rie.output()


def test_an_init_error_is_reported_and_ends_the_process(tmp_path: Path) -> None:
    with Rie(module_command(), tmp_path, _HANDLER="nowhere.handler") as rie:
        _, body = rie.invoke(direct("plain"))
        assert json.loads(body)["errorType"] == "Runtime.ImportModuleError"
        assert "exit status 1" in rie.output()


def test_a_process_that_dies_in_mid_stream_is_followed_by_a_healthy_one(rie: Rie) -> None:
    before = pid(rie)
    status, _ = rie.invoke(over_http("exit_after"))
    assert status == 502
    assert pid(rie) != before


def test_an_answer_that_is_too_large_ends_the_process_and_the_next_is_healthy(rie: Rie) -> None:
    before = pid(rie)
    rie.invoke(direct("many", size=1_000_000, count=7))
    assert "answered 413" in rie.output()
    assert pid(rie) != before


def test_twenty_thousand_items_take_no_time_worth_mentioning(rie: Rie) -> None:
    pid(rie)
    started = time.monotonic()
    _, body = rie.invoke(over_http("many", size=64, count=20_000))
    assert time.monotonic() - started < 2
    assert len(body) == len(OCTET_PRELUDE) + 64 * 20_000
