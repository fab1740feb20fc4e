"""Streamed answers on their way from a runtime to a client."""

import http.client
import json
import time
import tracemalloc
from pathlib import Path

import pytest
from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import ask, connect, scenario, streaming, wait_until
from sluice_local.certificates import ensure_certificates
from sluice_local.lambda_service import FunctionSpec, Pace, StreamFaults, UrlSettings

MEBIBYTE = 1024 * 1024


def test_the_first_byte_arrives_while_the_rest_is_still_being_made(serve: Serve, tmp_path: Path) -> None:
    running = serve()
    gate = tmp_path / "gate"
    with streaming(running.url, scenario("gated", gate=gate)) as response:
        assert response.read1() == b"first;"
        gate.touch()
        assert response.read() == b"second"
    wait_until(lambda: 'response 202 {"status":"OK"}' in running.logs)


def test_the_first_byte_arrives_over_tls_too(serve: Serve, tmp_path: Path, certificates: Path) -> None:
    running = serve(certificates=certificates)
    gate = tmp_path / "gate"
    host = running.tls_url.removeprefix("https://")
    context = ensure_certificates(certificates).client_context()
    connection = http.client.HTTPSConnection(host, context=context, timeout=20)
    connection.request("GET", scenario("gated", gate=gate))
    response = connection.getresponse()
    assert response.read1() == b"first;"
    gate.touch()
    assert response.read() == b"second"
    connection.close()


def test_a_slow_reader_makes_the_function_wait_and_memory_does_not_grow(serve: Serve) -> None:
    running = serve()
    tracemalloc.start()
    try:
        with streaming(running.url, scenario("big", mebibytes=128)) as response:
            wait_until_it_stands_still(running.logs)
            sent = sum(line.startswith("sent ") for line in running.logs)
            assert sent < 32  # mebibytes that the kernel's buffers on the way hold
            assert sum(len(data) for data in iter(lambda: response.read1(65536), b"")) == 128 * MEBIBYTE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEBIBYTE


def wait_until_it_stands_still(logs: list[str]) -> None:
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 0.2:
        if len(logs) != last:
            last, since = len(logs), time.monotonic()
        time.sleep(0.01)


def test_a_stream_goes_fast_up_to_the_burst_and_then_at_lambdas_rate(serve: Serve) -> None:
    running = serve(pace=Pace(burst=2 * MEBIBYTE, rate=4 * MEBIBYTE))
    begin = time.monotonic()
    assert len(ask(running.url, scenario("big", mebibytes=2)).body) == 2 * MEBIBYTE
    within_burst = time.monotonic()
    assert len(ask(running.url, scenario("big", mebibytes=4)).body) == 4 * MEBIBYTE
    assert within_burst - begin < 0.4
    assert 0.3 < time.monotonic() - within_burst < 2  # two mebibytes over the burst at four a second


@pytest.mark.parametrize("read_first", [True, False])
def test_a_client_that_leaves_is_not_told_to_the_function_which_is_billed_to_its_end(
    serve: Serve, tmp_path: Path, read_first: bool
) -> None:
    running = serve()
    gate = tmp_path / "gate"
    with connect(running.url) as connection:
        connection.request("GET", scenario("gated", gate=gate))
        if read_first:
            connection.getresponse().close()
        else:
            wait_until(lambda: any(line.startswith("START") for line in running.logs))
    time.sleep(0.05)
    assert not any(line.startswith("REPORT") for line in running.logs)
    gate.touch()
    wait_until(lambda: 'response 202 {"status":"OK"}' in running.logs)
    wait_until(lambda: any(line.startswith("REPORT") for line in running.logs))


def test_the_rest_for_a_client_that_has_left_is_dropped_at_lambdas_pace(serve: Serve) -> None:
    running = serve(pace=Pace(burst=2 * MEBIBYTE, rate=4 * MEBIBYTE))
    with streaming(running.url, scenario("big", mebibytes=4)) as response:
        begin = time.monotonic()
        response.read1(10)
    wait_until(lambda: any(line.startswith("REPORT") for line in running.logs))
    assert 0.3 < time.monotonic() - begin < 3


def test_a_client_that_leaves_while_it_is_slow_does_not_hold_the_function(serve: Serve) -> None:
    running = serve()
    with streaming(running.url, scenario("big", mebibytes=64)):
        wait_until_it_stands_still(running.logs)
        assert not any(line.startswith("REPORT") for line in running.logs)
    wait_until(lambda: any(line.startswith("REPORT") for line in running.logs))


def test_error_trailers_end_the_answer_as_usual_and_the_log_names_them(serve: Serve) -> None:
    running = serve()
    assert ask(running.url, "/trailers").body == b"some of it"
    assert any('Function.Broken {"errorMessage":"boom"}' in line for line in running.logs)
    wait_until(lambda: 'response 202 {"status":"OK"}' in running.logs)


def test_error_trailers_can_be_shown_as_a_reset(serve: Serve) -> None:
    running = serve(UrlSettings(faults=StreamFaults(on_function_error="abort")))
    with streaming(running.url, "/trailers") as response, pytest.raises(ConnectionResetError):
        response.read()
    assert ask(running.url, scenario("answer", value=1)).status == 200


def test_a_stream_that_ends_before_its_prelude_is_a_502(serve: Serve) -> None:
    running = serve()
    answer = ask(running.url, "/no_prelude")
    assert (answer.status, answer.json) == (502, {"Message": "Internal Server Error"})
    assert any("it ended before its prelude" in line for line in running.logs)


def test_an_invalid_prelude_is_a_502_and_the_next_request_is_fine(serve: Serve) -> None:
    running = serve()
    with connect(running.url) as connection:
        connection.request("GET", "/bad_prelude")
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())) == (502, {"Message": "Internal Server Error"})
        connection.request("GET", scenario("answer", value="fine"))
        assert connection.getresponse().read() == b'"fine"'
    assert any("statusCode 'many' is no HTTP status" in line for line in running.logs)


def test_an_empty_streamed_body_is_warned_of(serve: Serve) -> None:
    running = serve()
    answer = ask(running.url, "/empty")
    assert (answer.status, answer.body) == (200, b"")
    assert any("has no body" in line for line in running.logs)


def test_a_function_url_streams_more_than_a_direct_invoke_may_carry(serve: Serve) -> None:
    running = serve()
    assert len(ask(running.url, scenario("big", mebibytes=7)).body) == 7 * MEBIBYTE
    direct = running.invoke({"do": "big", "mebibytes": 7})
    assert direct.error
    assert json.loads(direct.payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_the_spec_is_lambdas_where_nothing_is_said(tmp_path: Path) -> None:
    spec = FunctionSpec("f", "app.handler", tmp_path)
    assert (spec.timeout, spec.init_timeout, spec.on_timeout) == (900, 10, "kill")
