"""The HTTP server of the emulators, as clients see it."""

import asyncio
import http.client
import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
import uvloop
from integration.lambda_service.serving import Loops, ask, connect, raw_connection, read_all, running_server, wait_until
from sluice_local.certificates import ensure_certificates
from sluice_local.http2_advice import PREFACE, refusal
from sluice_local.http_server import BodyTruncated, Exchange, PeerGone, serve

TEXT = [("content-type", "text/plain")]
MEBIBYTE = 1024 * 1024


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"], autouse=True)
def _on_each_kind_of_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loops, "new", request.param)


async def echo(exchange: Exchange) -> None:
    await exchange.respond(200, TEXT, exchange.request.body)


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def test_a_connection_serves_one_request_after_the_other() -> None:
    with running_server(echo) as server, connect(url_of(server.port)) as connection:
        for body in (b"one", b"", b"three"):
            connection.request("POST", "/", body)
            assert connection.getresponse().read() == body


def test_a_request_reaches_the_handler_as_it_was_sent() -> None:
    seen = []

    async def handler(exchange: Exchange) -> None:
        seen.append(exchange.request)
        await exchange.respond(204, [])

    with running_server(handler) as server, raw_connection(server.port) as client:
        client.sendall(
            b"PUT /a%2Fb/../c?x=%20&y HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nx-two:  2 \r\nContent-Length: 2\r\n\r\nhi"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 204 No Content\r\n")
    (request,) = seen
    assert (request.method, request.target, request.body) == ("PUT", "/a%2Fb/../c?x=%20&y", b"hi")
    assert request.headers == (("host", "h"), ("x-two", "1"), ("x-two", "2"), ("content-length", "2"))
    assert request.peer == "127.0.0.1"


def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    async def handler(exchange: Exchange) -> None:
        await asyncio.sleep(0)
        await exchange.respond(200, TEXT, exchange.request.target.encode())

    count = 3000  # more than the server holds, more than a recursion could take
    ahead = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(count))
    with running_server(handler) as server, raw_connection(server.port) as client:
        sender = threading.Thread(target=client.sendall, args=(ahead,))
        sender.start()
        received = b""
        while b"\r\n\r\n/%d" % (count - 1) not in received:
            received += client.recv(65536)
        sender.join()
    positions = [received.index(b"\r\n\r\n/%d" % number) for number in range(count)]
    assert positions == sorted(positions)


def test_each_chunk_is_on_the_wire_before_the_next_is_made() -> None:
    arrived = threading.Event()

    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        await asyncio.to_thread(arrived.wait, 10)
        for data in (b"a", b"b", b"c"):
            arrived.clear()
            await exchange.send(data)
            assert await asyncio.to_thread(arrived.wait, 10)
        await exchange.finish()

    with running_server(handler) as server, connect(url_of(server.port)) as connection:
        connection.request("GET", "/")
        response = connection.getresponse()  # the head alone
        arrived.set()
        received = []
        while data := response.read1():
            received.append(data)
            arrived.set()
        assert received == [b"a", b"b", b"c"]


def test_nagles_delay_is_off() -> None:
    options = []

    async def handler(exchange: Exchange) -> None:
        transport_socket = exchange._wire.transport.get_extra_info("socket")
        options.append(transport_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await exchange.respond(200, [])

    with running_server(handler) as server:
        ask(url_of(server.port))
    assert options[0] != 0


def test_a_slow_reader_holds_the_handler_and_misses_nothing() -> None:
    chunk, total = bytes(64 * 1024), 1024
    sent = []

    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        for number in range(total):
            await exchange.send(chunk)
            sent.append(number)
        await exchange.finish()

    with running_server(handler) as server, connect(url_of(server.port)) as connection:
        connection.request("GET", "/")
        response = connection.getresponse()
        assert_it_stalls(lambda: len(sent))
        assert len(sent) * len(chunk) < 16 * MEBIBYTE  # what the kernel's buffers hold
        assert len(response.read()) == total * len(chunk)


def assert_it_stalls(count: Callable[[], int]) -> None:
    """Wait until a number that grows has stood still for a while."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 0.2:
        if (now := count()) != last:
            last, since = now, time.monotonic()
        time.sleep(0.01)


def test_continue_is_said_before_the_body_is_awaited() -> None:
    with running_server(echo) as server, raw_connection(server.port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert client.recv(1000).endswith(b"\r\n\r\nhi")


def test_a_body_that_is_announced_too_large_is_refused_instead_of_continued() -> None:
    with running_server(echo, max_body=10) as server, raw_connection(server.port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in answer


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_too_much_gets_its_413_and_may_go_on(chunked: bool) -> None:
    async def too_large(exchange: Exchange) -> None:
        await exchange.respond(413, TEXT, b"less, please")

    with (
        running_server(echo, max_body=MEBIBYTE, too_large=too_large) as server,
        connect(url_of(server.port)) as connection,
    ):
        body = (bytes(MEBIBYTE) for _ in range(8))
        connection.request("POST", "/", body if chunked else b"".join(body), encode_chunked=chunked)
        response = connection.getresponse()
        assert (response.status, response.read()) == (413, b"less, please")
        connection.request("POST", "/", bytes(MEBIBYTE))
        assert len(connection.getresponse().read()) == MEBIBYTE


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no host
        (b"GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (b"GET /" + b"x" * 2_000_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 431),
    ],
)
def test_a_malformed_request_is_refused_and_the_connection_closed(request_bytes: bytes, status: int) -> None:
    with running_server(echo) as server, raw_connection(server.port) as client:
        client.sendall(request_bytes)
        assert read_all(client).startswith(b"HTTP/1.1 %d " % status)


def test_http_1_0_gets_an_answer_that_ends_with_the_connection() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        await exchange.send(b"one ")
        await exchange.send(b"two")
        await exchange.finish()

    with running_server(handler) as server, raw_connection(server.port) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body == b"one two"


def test_a_head_request_gets_no_body() -> None:
    async def handler(exchange: Exchange) -> None:
        if exchange.request.target == "/stream":
            await exchange.start(200, TEXT)
            await exchange.send(b"not this")
            await exchange.finish()
        else:
            await exchange.respond(200, TEXT, b"nor this")

    with running_server(handler) as server, connect(url_of(server.port)) as connection:
        for path in ("/", "/stream", "/"):
            connection.request("HEAD", path)
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"")


def test_a_handler_that_fails_before_its_answer_gives_a_500(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(exchange: Exchange) -> None:
        raise ValueError("broken")

    with running_server(handler) as server:
        assert ask(url_of(server.port), "/x").status == 500
    assert "The handler of GET /x failed" in caplog.text
    assert "ValueError: broken" in caplog.text


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_that_is_left_unfinished_never_looks_finished(fails: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        await exchange.send(b"some of it")
        if fails:
            raise ValueError("broken")

    with running_server(handler) as server, pytest.raises(ConnectionResetError):
        ask(url_of(server.port))
    assert ("broken" in caplog.text) is fails


def test_an_aborted_answer_is_a_reset_after_what_was_sent() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        await exchange.send(b"some of it")
        await exchange.abort()

    with running_server(handler) as server, connect(url_of(server.port)) as connection:
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.read1() == b"some of it"
        with pytest.raises(ConnectionResetError):
            response.read()


def test_an_answer_can_be_cut_by_a_plain_end_of_the_connection() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        await exchange.send(b"some of it")
        await exchange.abort(reset=False)

    with running_server(handler) as server, pytest.raises(http.client.IncompleteRead) as cut:
        ask(url_of(server.port))
    assert cut.value.partial == b"some of it"


def test_raw_bytes_pass_the_framing_by() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.send_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
        await exchange.abort(reset=False)

    with running_server(handler) as server, pytest.raises(http.client.IncompleteRead) as cut:
        ask(url_of(server.port))
    assert cut.value.partial == b"only this"


def test_a_handler_learns_that_its_client_has_left() -> None:
    told = threading.Event()

    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        try:
            while True:
                await exchange.send(b"more")
                await asyncio.sleep(0.005)
        except PeerGone:
            assert exchange.closed
            told.set()
            raise

    with running_server(handler) as server:
        with connect(url_of(server.port)) as connection:
            connection.request("GET", "/")
            connection.getresponse().close()
        assert told.wait(10)


def test_a_client_that_resets_a_connection_which_is_about_to_end_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    answered, reset = threading.Event(), threading.Event()

    async def handler(exchange: Exchange) -> None:
        await exchange.respond(200, TEXT, b"")
        answered.set()
        # Not awaited: the loop must not read of the reset before it ends the connection.
        assert reset.wait(10)

    with running_server(handler) as server, raw_connection(server.port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
        assert answered.wait(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        reset.set()
    assert caplog.records == []


def test_a_streamed_body_is_read_while_it_is_sent() -> None:
    arrived = threading.Event()

    async def handler(exchange: Exchange) -> None:
        pieces = []
        async for piece in exchange.body:
            pieces.append(piece)
            arrived.set()
        trailers = str(exchange.body.trailers).encode()
        await exchange.respond(200, TEXT, b"|".join(pieces) + trailers)

    with running_server(handler, stream_bodies=True) as server, raw_connection(server.port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        assert arrived.wait(10)
        client.sendall(b"3\r\ntwo\r\n0\r\nx-t: 1\r\n\r\n")
        assert client.recv(1000).endswith(b"\r\n\r\none|two(('x-t', '1'),)")


@pytest.mark.parametrize("rest", [None, b"nonsense\r\n"])
def test_a_streamed_body_that_breaks_off_is_told_from_one_that_ends(rest: bytes | None) -> None:
    broke_off = threading.Event()

    async def handler(exchange: Exchange) -> None:
        with pytest.raises(BodyTruncated):
            await exchange.body.read()
        broke_off.set()
        raise BodyTruncated

    with running_server(handler, stream_bodies=True) as server, raw_connection(server.port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        if rest:
            client.sendall(rest)
            assert read_all(client).startswith(b"HTTP/1.1 400 ")
        else:
            client.close()
        assert broke_off.wait(10)


def test_a_streamed_body_that_nobody_reads_makes_its_sender_wait() -> None:
    go_on = threading.Event()

    async def handler(exchange: Exchange) -> None:
        await asyncio.to_thread(go_on.wait, 20)
        total = sum([len(piece) async for piece in exchange.body])
        await exchange.respond(200, TEXT, str(total).encode())

    with running_server(handler, stream_bodies=True) as server, connect(url_of(server.port)) as connection:
        sent = []

        def pieces() -> object:
            for number in range(64):
                yield bytes(MEBIBYTE)
                sent.append(number)

        sender = threading.Thread(target=lambda: connection.request("POST", "/", pieces(), encode_chunked=True))
        sender.start()
        assert_it_stalls(lambda: len(sent))
        assert len(sent) < 16
        go_on.set()
        sender.join()
        assert connection.getresponse().read() == str(64 * MEBIBYTE).encode()


def test_an_answer_that_comes_before_the_body_ends_leaves_the_connection_usable() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.respond(200, TEXT, exchange.request.target.encode())

    with running_server(handler, stream_bodies=True) as server, raw_connection(server.port) as client:
        client.sendall(b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
        assert client.recv(1000).endswith(b"/1")
        client.sendall(b"cdGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.recv(1000).endswith(b"/2")


def test_closing_cancels_handlers_and_frees_the_port() -> None:
    cancelled = threading.Event()
    started = threading.Event()

    async def handler(exchange: Exchange) -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    with running_server(handler) as server, raw_connection(server.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert started.wait(10)
    assert cancelled.wait(10)
    with running_server(handler, port=server.port) as again:
        assert again.port == server.port


def advice_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("cut", [1, 3, 14, len(PREFACE)])
def test_a_client_that_opens_with_http_2_is_told_what_to_set(cut: int, caplog: pytest.LogCaptureFixture) -> None:
    with running_server(echo) as server:
        for _ in range(2):
            with raw_connection(server.port) as client:
                client.sendall(PREFACE[:cut])
                client.sendall(PREFACE[cut:] + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
                assert read_all(client) == refusal()
    (advice,) = advice_in(caplog)
    assert advice.startswith("Refused an HTTP/2 connection: ")
    assert "AWS_BEDROCK_FORCE_HTTP1=1" in advice


def test_a_method_that_begins_like_http_2_is_a_method() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.respond(200, TEXT, exchange.request.method.encode())

    with running_server(handler) as server:
        assert ask(url_of(server.port), method="PRINT").body == b"PRINT"


def test_tls_offers_http_1_1_and_a_client_that_opens_with_http_2_all_the_same_is_told(
    certificates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = ensure_certificates(certificates)
    context = made.client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with running_server(echo, tls=made.server_context()) as server:
        with tls_connection(server.port, context) as client:
            assert client.selected_alpn_protocol() == "http/1.1"
            client.sendall(PREFACE)
            assert read_all(client) == refusal()
        assert len(advice_in(caplog)) == 1


def test_a_tls_client_that_finds_no_protocol_to_speak_is_advised_in_the_log(
    certificates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = ensure_certificates(certificates)
    context = made.client_context()
    context.set_alpn_protocols(["h2"])
    with running_server(echo, tls=made.server_context()) as server:
        with tls_connection(server.port, context) as client:
            assert client.selected_alpn_protocol() is None
        wait_until(lambda: advice_in(caplog))
    (advice,) = advice_in(caplog)
    assert advice.startswith("A TLS client left without a request; ")
    assert "NodeHttpHandler" in advice


def tls_connection(port: int, context: ssl.SSLContext) -> "closing[ssl.SSLSocket]":
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    return closing(context.wrap_socket(plain, server_hostname="localhost"))


def test_a_slow_reader_over_tls_holds_the_handler(certificates: Path) -> None:
    chunk, total = bytes(64 * 1024), 512
    sent = []

    async def handler(exchange: Exchange) -> None:
        await exchange.start(200, TEXT)
        for number in range(total):
            await exchange.send(chunk)
            sent.append(number)
        await exchange.finish()

    made = ensure_certificates(certificates)
    with running_server(handler, tls=made.server_context()) as server:
        connection = http.client.HTTPSConnection("localhost", server.port, context=made.client_context(), timeout=20)
        with closing(connection):
            connection.request("GET", "/")
            response = connection.getresponse()
            assert_it_stalls(lambda: len(sent))
            assert len(sent) * len(chunk) < 16 * MEBIBYTE
            assert len(response.read()) == total * len(chunk)


@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_was_accepted_a_moment_before_the_end_is_closed_too(turns: int) -> None:
    async def run() -> None:
        server = await serve(echo)
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            for _ in range(turns):
                await asyncio.sleep(0)
            await asyncio.wait_for(server.close(), 5)
            client.setblocking(True)
            with suppress(ConnectionResetError):
                assert client.recv(1) == b""

    with asyncio.Runner(loop_factory=Loops.new) as runner:
        runner.run(run())
