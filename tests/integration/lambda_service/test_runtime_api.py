"""The Runtime API, played by the test itself: ours and the one in AWS's runtime interface emulator answer the same."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import wait_until
from integration.runtime_interface_emulator import BINARY, end
from sluice_local.lambda_service import MAX_PAYLOAD, RunningFunctionUrl

# In place of a runtime: a process that says where its Runtime API is and leaves the rest to the test.
STAND_IN = (
    *(sys.executable, "-c"),
    "import os, time; print('API', os.environ['AWS_LAMBDA_RUNTIME_API'], flush=True); time.sleep(3600)",
)
INVALID_REQUEST_ID = (400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"})
STREAMING = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Content-Type": "application/vnd.awslambda.http-integration-response",
}
type Said = tuple[int, object]
type Next = tuple[str, http.client.HTTPMessage, bytes]


def in_background[T](action: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def act() -> None:
        try:
            future.set_result(action())
        except (OSError, http.client.HTTPException) as error:
            future.set_exception(error)

    threading.Thread(target=act, daemon=True).start()
    return future


class Platform(Protocol):
    """Something with a Runtime API, and a way to invoke."""

    address: str

    def invoke(self, event: object) -> Future[bytes]:
        """Invoke in the background, and return once a runtime is there; the result is the payload."""
        ...


@dataclass
class Ours:
    running: RunningFunctionUrl
    address: str = ""

    def invoke(self, event: object) -> Future[bytes]:
        answer = in_background(lambda: self.running.invoke(event).payload)
        line = wait_until(lambda: next((line for line in self.running.logs if line.startswith("API ")), ""))
        self.address = line.removeprefix("API ")
        return answer


@dataclass
class Aws:
    invoke_port: int
    address: str
    log: Path

    def invoke(self, event: object) -> Future[bytes]:
        answer = in_background(lambda: self._invoke(event))
        wait_until(lambda: b"API " in self.log.read_bytes())
        return answer

    def _invoke(self, event: object) -> bytes:
        with closing(http.client.HTTPConnection("127.0.0.1", self.invoke_port, timeout=20)) as connection:
            connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
            return connection.getresponse().read()


@pytest.fixture(params=["ours", "aws"])
def platform(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> Iterator[Platform]:
    if request.param == "ours":
        yield Ours(serve(command=STAND_IN))
    elif not BINARY.exists():
        pytest.skip("AWS's runtime interface emulator comes with the SAM CLI (`.venv-sam`)")
    else:
        with aws_emulator(tmp_path / "log") as (invoke_port, address):
            yield Aws(invoke_port, address, tmp_path / "log")


@contextmanager
def aws_emulator(log_path: Path) -> Iterator[tuple[int, str]]:
    invoke_port, api_port = free_ports(2)
    address = f"127.0.0.1:{api_port}"
    addresses = (f"--runtime-interface-emulator-address=127.0.0.1:{invoke_port}", f"--runtime-api-address={address}")
    command = (str(BINARY), *addresses, *STAND_IN)
    with log_path.open("wb") as log:
        emulator = subprocess.Popen(command, stdout=log, stderr=log, cwd=log_path.parent)
        try:
            wait_until(lambda: listens(invoke_port))
            yield invoke_port, address
        finally:
            end(emulator)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Runtime:
    """The test's end of the Runtime API."""

    address: str
    asked: Future[Next] = field(default_factory=Future)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        with closing(http.client.HTTPConnection(self.address, timeout=20)) as connection:
            connection.request(method, "/2018-06-01/runtime" + path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def say(self, path: str, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Said:
        status, _, text = self.call("POST", path, body, headers)
        return status, json.loads(text)

    def result(self, answer: Future[bytes]) -> bytes:
        """Ask for the next invocation, as runtimes do before AWS's emulator gives an answer out."""
        self.asked = in_background(self.next)
        return answer.result(20)

    def next(self) -> Next:
        status, headers, event = self.call("GET", "/invocation/next")
        assert status == 200
        return f"/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}", headers, event


def begin(platform: Platform, event: object) -> tuple[Runtime, Future[bytes]]:
    """Invoke, and take the runtime's place once it would be there."""
    answer = platform.invoke(event)
    return Runtime(platform.address), answer


def not_allowed(source: str, target: str) -> Said:
    message = f"State transition from {source} to {target} failed for runtime. Error: State transition is not allowed"
    return 403, {"errorMessage": message, "errorType": "InvalidStateTransition"}


def test_an_invocation_is_given_answered_and_over(platform: Platform) -> None:
    runtime, answer = begin(platform, {"a": 1})
    before = time.time()
    invocation, headers, event = runtime.next()
    assert json.loads(event) == {"a": 1}
    assert headers["Content-Type"] == "application/json"
    assert headers["Lambda-Runtime-Invoked-Function-Arn"].startswith("arn:aws:lambda:us-east-1:")
    assert before - 1 < int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 < before + 901
    assert runtime.say(invocation + "/response", b'{"b":2}') == (202, {"status": "OK"})
    assert json.loads(runtime.result(answer)) == {"b": 2}


def test_the_same_invocation_is_given_again_while_it_runs(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, event = runtime.next()
    again, _, same_event = runtime.next()
    assert (again, same_event) == (invocation, event)
    assert runtime.say(invocation + "/response") == (202, {"status": "OK"})
    runtime.result(answer)


def test_calls_that_do_not_exist(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    for method, path in (("GET", "/nothing"), ("GET", "/restore/next"), ("POST", "/invocation/a/b/response")):
        status, _, text = runtime.call(method, path)
        assert (status, text) == (404, b"404 page not found\n")
    status, headers, _ = runtime.call("POST", "/invocation/next", b"")
    assert (status, headers["Allow"]) == (405, "GET")
    runtime.say(invocation + "/response")
    runtime.result(answer)


def test_an_answer_to_no_invocation_is_refused(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    for what in ("response", "error"):
        assert runtime.say(f"/invocation/unknown/{what}") == INVALID_REQUEST_ID
    invocation, _, _ = runtime.next()
    for what in ("response", "error"):
        assert runtime.say(f"/invocation/unknown/{what}") == INVALID_REQUEST_ID
    assert runtime.say(invocation + "/response") == (202, {"status": "OK"})
    assert runtime.result(answer) == b"{}"


def test_an_invocation_is_answered_once(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    assert runtime.say("/init/error") == not_allowed("Running", "InitError")
    assert runtime.say(invocation + "/response", b'"first"') == (202, {"status": "OK"})
    sent = "RuntimeResponseSentState"
    assert runtime.say(invocation + "/response", b'"second"') == not_allowed(sent, "InvocationResponse")
    assert runtime.say(invocation + "/error") == not_allowed(sent, "InvocationErrorResponse")
    assert runtime.result(answer) == b'"first"'


def test_an_error_is_the_answer(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    report = b'{"errorMessage":"no","errorType":"Nope"}'
    assert runtime.say(invocation + "/error", report) == (202, {"status": "OK"})
    sent = "RuntimeResponseSentState"
    assert runtime.say(invocation + "/response") == not_allowed(sent, "InvocationResponse")
    assert json.loads(runtime.result(answer)) == json.loads(report)


def test_an_unknown_response_mode_is_refused_and_nothing_goes_on(platform: Platform) -> None:
    runtime, _ = begin(platform, {})
    invocation, _, _ = runtime.next()
    mode = {"Lambda-Runtime-Function-Response-Mode": "stream"}
    refusal = {"errorMessage": "Invalid function response mode", "errorType": "InvalidFunctionResponseMode"}
    assert runtime.say(invocation + "/response", b"{}", mode) == (400, refusal)
    began = "InvocationResponse"
    assert runtime.say(invocation + "/response") == not_allowed(began, "InvocationResponse")
    assert runtime.say(invocation + "/error") == not_allowed(began, "InvocationErrorResponse")
    status, _, text = runtime.call("GET", "/invocation/next")
    assert (status, json.loads(text)) == not_allowed(began, "Ready")
    kill_stand_in(platform)


def kill_stand_in(platform: Platform) -> None:
    """End a runtime that nobody can talk to any more, so that its invocation is over."""
    if isinstance(platform, Ours):
        platform.running.kill_busy()
    elif isinstance(platform, Aws):
        ends_with = STAND_IN[-1].encode()
        for folder in Path("/proc").glob("[0-9]*"):
            command = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0") if folder.exists() else []
            if command[-1:] == [ends_with] and platform.address.encode() in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)


def test_an_answer_above_the_limit_is_refused_and_the_runtime_goes_on(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    too_large = {
        "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "RequestEntityTooLarge",
    }
    assert runtime.say(invocation + "/response", b"x" * (MAX_PAYLOAD + 1)) == (413, too_large)
    assert json.loads(runtime.result(answer)) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    second = platform.invoke({"second": True})
    invocation, _, _ = runtime.asked.result(20)
    runtime.say(invocation + "/response", b'"fine"')
    assert runtime.result(second) == b'"fine"'


def test_an_answer_at_the_limit_passes(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    assert runtime.say(invocation + "/response", b"x" * MAX_PAYLOAD) == (202, {"status": "OK"})
    assert len(runtime.result(answer)) == MAX_PAYLOAD


def test_a_streamed_answer_with_trailers_is_accepted(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    frame = b'{"statusCode":200}' + b"\0" * 8 + b"some of it"
    trailers = b"Lambda-Runtime-Function-Error-Type: Function.Broken\r\nLambda-Runtime-Function-Error-Body: e30=\r\n"
    said = post_stream(runtime.address, invocation, [frame[:5], frame[5:]], trailers)
    assert said == (202, {"status": "OK"})
    # What an invoker without streaming makes of it differs: AWS's emulator drops the trailers.
    assert runtime.result(answer) == (b"{}" if isinstance(platform, Ours) else frame)


def test_a_streamed_answer_without_trailers_is_given_raw_to_who_does_not_stream(platform: Platform) -> None:
    runtime, answer = begin(platform, {})
    invocation, _, _ = runtime.next()
    frame = b'{"statusCode":200}' + b"\0" * 8 + b"all of it"
    assert post_stream(runtime.address, invocation, [frame], b"") == (202, {"status": "OK"})
    assert runtime.result(answer) == frame


def post_stream(address: str, invocation: str, chunks: list[bytes], trailers: bytes) -> Said:
    with closing(http.client.HTTPConnection(address, timeout=20)) as connection:
        connection.putrequest("POST", f"/2018-06-01/runtime{invocation}/response")
        names = "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
        for name, value in {**STREAMING, "Transfer-Encoding": "chunked", "Trailer": names}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for chunk in chunks:
            connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        connection.send(b"0\r\n" + trailers + b"\r\n")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.fixture
def ours(serve: Serve) -> Ours:
    return Ours(serve(command=STAND_IN))


@pytest.mark.parametrize("what", ["response", "error"])
def test_an_answer_with_another_invocation_id_is_gone_and_the_right_one_still_counts(ours: Ours, what: str) -> None:
    runtime, answer = begin(ours, {})
    invocation, headers, _ = runtime.next()
    status, document = runtime.say(f"{invocation}/{what}", b'"stale"', {"Lambda-Runtime-Invocation-Id": "another"})
    assert status == 410
    assert isinstance(document, dict)
    assert document["errorType"] == "InvocationGone"
    echoed = {"Lambda-Runtime-Invocation-Id": headers["Lambda-Runtime-Invocation-Id"]}
    assert runtime.say(invocation + "/response", b'"right"', echoed) == (202, {"status": "OK"})
    assert runtime.result(answer) == b'"right"'


def test_a_chunked_body_that_is_malformed_is_a_truncated_request(ours: Ours) -> None:
    runtime, answer = begin(ours, {})
    invocation, _, _ = runtime.next()
    host, _, port = ours.address.partition(":")
    with closing(socket.create_connection((host, int(port)), timeout=20)) as connection:
        head = (
            f"POST /2018-06-01/runtime{invocation}/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode() + b"2\r\nab\r\nnonsense\r\n")
        said = http.client.HTTPResponse(connection)
        said.begin()
        assert (said.status, json.loads(said.read())["errorType"]) == (400, "TruncatedHTTPRequest")
        said.close()
    assert json.loads(answer.result(20))["errorType"] == "Runtime.TruncatedResponse"


def test_a_trace_id_comes_with_each_invocation(ours: Ours) -> None:
    runtime, answer = begin(ours, {})
    invocation, headers, _ = runtime.next()
    assert headers["Lambda-Runtime-Trace-Id"].startswith("Root=1-")
    runtime.say(invocation + "/response")
    runtime.result(answer)
