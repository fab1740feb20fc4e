"""A runtime without any library, for what real runtimes do not do: run by the emulator in place of one.

An invocation's path (or the event's `do`) names the scenario; `gate` in its query or event is a file to wait for.
What the Runtime API answers is printed, and so ends up in the function's log.
"""

import base64
import http.client
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PRELUDE = b'{"statusCode":200,"headers":{"content-type":"text/plain"},"cookies":[]}' + b"\0" * 8
MEBIBYTE = 1024 * 1024


class Invocation:
    def __init__(self, headers: http.client.HTTPMessage, event: dict[str, Any]) -> None:
        self.request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invocation_id = headers["Lambda-Runtime-Invocation-Id"]
        self.parameters = {**event, **event.get("queryStringParameters", {})}
        self.scenario = event.get("do") or event["rawPath"].strip("/")

    def wait_for_gate(self) -> None:
        while not Path(self.parameters["gate"]).exists():
            time.sleep(0.005)

    def post(self, what: str, body: bytes = b"", **headers: str) -> None:
        fields = {"Lambda-Runtime-Invocation-Id": self.invocation_id, **headers}
        status, text = call("POST", f"/invocation/{self.request_id}/{what}", body, fields)
        print(what, status, text.decode().strip(), flush=True)


class Stream:
    """A streamed response over a bare connection."""

    def __init__(self, invocation: Invocation, mode: str = "streaming") -> None:
        self.connection = http.client.HTTPConnection(API)
        self.connection.putrequest("POST", f"/2018-06-01/runtime/invocation/{invocation.request_id}/response")
        for name, value in (
            ("Lambda-Runtime-Function-Response-Mode", mode),
            ("Lambda-Runtime-Invocation-Id", invocation.invocation_id),
            ("Content-Type", "application/vnd.awslambda.http-integration-response"),
            ("Transfer-Encoding", "chunked"),
            ("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"),
        ):
            self.connection.putheader(name, value)
        self.connection.endheaders()

    def send(self, data: bytes) -> None:
        self.connection.send(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self, trailers: bytes = b"") -> None:
        self.connection.send(b"0\r\n" + trailers + b"\r\n")
        answer = self.connection.getresponse()
        print("response", answer.status, answer.read().decode().strip(), flush=True)
        self.connection.close()


def call(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(API)
    connection.request(method, "/2018-06-01/runtime" + path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text


def gated(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(PRELUDE + b"first;")
    invocation.wait_for_gate()
    stream.send(b"second")
    stream.end()


def empty(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(PRELUDE)
    stream.end()


def no_prelude(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(b'{"statusCode":200')
    stream.end()


def bad_prelude(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(b'{"statusCode":"many"}' + b"\0" * 8 + b"payload")
    stream.end()


def big(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(PRELUDE)
    for number in range(int(invocation.parameters["mebibytes"])):
        stream.send(bytes(MEBIBYTE))
        print("sent", number + 1, flush=True)
    stream.end()


def trailers(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(PRELUDE + b"some of it")
    details = base64.b64encode(b'{"errorMessage":"boom"}')
    stream.end(
        b"Lambda-Runtime-Function-Error-Type: Function.Broken\r\n"
        b"Lambda-Runtime-Function-Error-Body: " + details + b"\r\n"
    )


def die(invocation: Invocation) -> None:
    if "first" in invocation.parameters:
        Stream(invocation).send(PRELUDE + invocation.parameters["first"].encode())
    if "gate" in invocation.parameters:
        invocation.wait_for_gate()
    print("dying", flush=True)
    os._exit(int(invocation.parameters.get("code", 3)))


def hang(invocation: Invocation) -> None:
    if "first" in invocation.parameters:
        Stream(invocation).send(PRELUDE + invocation.parameters["first"].encode())
    time.sleep(3600)


def cut(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(PRELUDE + b"some of it")
    stream.connection.close()
    time.sleep(3600)


def late(invocation: Invocation) -> None:
    invocation.wait_for_gate()
    invocation.post(invocation.parameters.get("what", "response"), b'"late"')


def late_stream(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(PRELUDE + b"in time;")
    invocation.wait_for_gate()
    stream.send(b"late")
    stream.end()


def after(invocation: Invocation) -> None:
    invocation.post("response", b'"done"')
    invocation.wait_for_gate()


def answer(invocation: Invocation) -> None:
    invocation.post("response", json.dumps(invocation.parameters.get("value")).encode())


def sized(invocation: Invocation) -> None:
    size = int(invocation.parameters["bytes"])
    invocation.post("response", b'"' + b"x" * (size - 2) + b'"', **{"Content-Type": "application/json"})


def streamed_size(invocation: Invocation) -> None:
    stream = Stream(invocation)
    stream.send(b"x" * int(invocation.parameters["bytes"]))
    stream.end()


def fail(invocation: Invocation) -> None:
    invocation.post("error", b'{"errorMessage":"no","errorType":"Nope"}')


def wrong_mode(invocation: Invocation) -> None:
    stream = Stream(invocation, mode="stream")
    stream.send(b"{}")
    stream.end()
    sys.exit("refused")


def who(invocation: Invocation) -> None:
    invocation.post("response", json.dumps({"pid": os.getpid(), "environ": dict(os.environ)}).encode())


def spawn(invocation: Invocation) -> None:
    child = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "3600")
    invocation.post("response", json.dumps({"child": child}).encode())


SCENARIOS: dict[str, Callable[[Invocation], None]] = {
    action.__name__: action
    for action in (
        *(gated, empty, no_prelude, bad_prelude, big, trailers, die, hang, cut, late, late_stream, after),
        *(answer, sized, streamed_size, fail, wrong_mode, who, spawn),
    )
}


def next_invocation() -> Invocation:
    connection = http.client.HTTPConnection(API)
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    if answer.status != 200:
        sys.exit(f"next {answer.status}")
    invocation = Invocation(answer.headers, json.loads(answer.read()))
    connection.close()
    return invocation


def initialise() -> None:
    """What `INIT` says: "error" reports one, "exit" just ends, "slow" takes too long the first time."""
    match os.environ.get("INIT"):
        case "error":
            report = b'{"errorMessage":"no module","errorType":"Runtime.ImportModuleError"}'
            call("POST", "/init/error", report, {"Lambda-Runtime-Function-Error-Type": "Runtime.ImportModuleError"})
            sys.exit(1)
        case "exit":
            sys.exit("cannot start")
        case "slow" if not Path("been-here").exists():
            Path("been-here").touch()
            time.sleep(3600)
        case "restore":
            print("restored", *call("GET", "/restore/next"), flush=True)


if __name__ == "__main__":
    initialise()
    while True:
        invocation = next_invocation()
        SCENARIOS[invocation.scenario](invocation)
