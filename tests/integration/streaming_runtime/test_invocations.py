"""The runtime as a process, one invocation after the other, on each awslambdaric that it has to work with."""

import base64
import json
import sys
from collections.abc import Callable

import pytest
from integration.streaming_runtime.fake_runtime_api import FUNCTION_URL_EVENT, FakeRuntimeApi, Invocation, Reply
from integration.streaming_runtime.runtime_process import TASK_ROOT, RuntimeProcess, module_command

type Start = Callable[..., RuntimeProcess]

SSE_PRELUDE = b'{"statusCode":200,"headers":{"content-type":"text/event-stream"},"cookies":[]}' + b"\0" * 8
OCTET_PRELUDE = SSE_PRELUDE.replace(b"text/event-stream", b"application/octet-stream")
# Headers in which two HTTP clients may differ.
OWN = {"host", "user-agent", "accept"}
STREAM, PLAIN, ERROR = "stream", "plain", "raise_error"


def over_http(do: str, request_id: str = "request-1", **members: object) -> Invocation:
    """A function URL event."""
    event = FUNCTION_URL_EVENT % ("," + json.dumps({"do": do, **members})[1:-1]).encode()
    return Invocation(event, request_id)


def direct(do: str, **members: object) -> Invocation:
    return Invocation(json.dumps({"do": do, **members}).encode())


def test_a_stream_response_is_streamed(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(over_http(STREAM)) as api:
        process = start(api, any_version)
        (request,) = api.wait_for_answers(1)
    assert request.path == "invocation/request-1/response"
    assert request.body == SSE_PRELUDE + b"onetwo"
    assert request.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert "lambda-runtime-invocation-id" not in request.headers
    assert request.trailers == {}
    assert process.closes() == 1


@pytest.mark.parametrize("do", [STREAM, PLAIN, ERROR])
def test_an_invocation_is_answered_on_the_connection_it_came_by_which_is_closed_then(start: Start, do: str) -> None:
    with FakeRuntimeApi(over_http(do), over_http(do, "request-2")) as api:
        start(api)
        api.wait_for_answers(2)
        connections = [request.connection for request in api.requests]
    assert connections == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("headers", "hangs_up"),
    [({"Connection": "close"}, True), ({"Connection": "close"}, False), ({}, True)],
    ids=["says so and does", "says so", "does"],
)
@pytest.mark.parametrize("do", [STREAM, PLAIN, ERROR])
def test_a_runtime_api_that_closes_the_connection_of_next_is_answered_on_a_new_one(
    start: Start, do: str, headers: dict[str, str], hangs_up: bool
) -> None:
    slow = over_http(do, seconds=0.1 * hangs_up)
    with FakeRuntimeApi(Invocation(slow.event, headers=headers, hangs_up=hangs_up)) as api:
        start(api)
        (request,) = api.wait_for_answers(1)
        connections = [one.connection for one in api.requests]
    assert request.is_complete
    assert connections == [1, 2, 3]


def test_a_body_of_nothing_is_a_newline(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(over_http(STREAM, items=[])) as api:
        start(api, any_version)
        (request,) = api.wait_for_answers(1)
    assert request.body == SSE_PRELUDE + b"\n"


def test_a_plain_answer_is_awslambdarics(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(over_http(PLAIN)) as api:
        start(api, any_version)
        (request,) = api.wait_for_answers(1)
    assert request.path == "invocation/request-1/response"
    assert request.headers["content-type"] == "application/json"
    assert "lambda-runtime-function-response-mode" not in request.headers
    assert request.body == '{"plain": "grüße 日本"}'.encode()


@pytest.mark.parametrize("do", [PLAIN, ERROR, "nothing_like_it"])
def test_what_is_no_stream_is_posted_as_the_plain_runtime_posts_it(start: Start, do: str) -> None:
    posts = []
    for command in ([sys.executable, "-m", "awslambdaric", "app.handler"], module_command()):
        invocation = Invocation(direct(do).event, headers={"Lambda-Runtime-Invocation-Id": "invocation-7"})
        with FakeRuntimeApi(invocation) as api:
            start(api, command, PYTHONPATH=str(TASK_ROOT))
            api.wait_for(lambda api=api: api.next_calls() == 2)
            (post,) = api.posts()
        posts.append((post.path, post.body, {name: post.headers[name] for name in post.headers if name not in OWN}))
    plain, ours = posts
    assert ours == plain


def test_a_direct_invoke_gets_json_and_no_prelude(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(direct(STREAM)) as api:
        process = start(api, any_version)
        (request,) = api.wait_for_answers(1)
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "statusCode": 200,
        "headers": {"content-type": "text/event-stream"},
        "cookies": [],
        "body": "onetwo",
        "isBase64Encoded": False,
    }
    assert process.closes() == 1


def test_a_failure_before_the_first_byte_takes_the_error_path(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(over_http("fail_before")) as api:
        process = start(api, any_version)
        (request,) = api.wait_for_answers(1)
    assert request.path == "invocation/request-1/error"
    report = json.loads(request.body)
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "before the first byte")
    assert process.closes() == 1
    assert "[ERROR] ValueError: before the first byte\r" in process.output()


def test_a_failure_in_a_direct_invokes_body_takes_the_error_path(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(direct("fail_after")) as api:
        process = start(api, any_version)
        (request,) = api.wait_for_answers(1)
    assert request.path == "invocation/request-1/error"
    assert json.loads(request.body)["errorMessage"] == "after the first byte"
    assert process.closes() == 1


def test_a_failure_after_the_first_byte_ends_in_trailers_and_in_the_log(start: Start, any_version: list[str]) -> None:
    with FakeRuntimeApi(over_http("fail_after"), over_http(PLAIN, "request-2")) as api:
        process = start(api, any_version)
        failed, following = api.wait_for_answers(2)
        output = process.output()
    assert failed.body == OCTET_PRELUDE + b"one"
    assert failed.trailers["Lambda-Runtime-Function-Error-Type"] == "Function.ValueError"
    report = json.loads(base64.b64decode(failed.trailers["Lambda-Runtime-Function-Error-Body"]))
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "after the first byte")
    assert following.path == "invocation/request-2/response"
    assert process.closes() == 1
    assert output.startswith("[ERROR] ValueError: after the first byte\r")
    assert output.count("[ERROR]") == 1


def test_a_body_that_loses_its_own_connection_is_a_failure_of_the_body(start: Start) -> None:
    with FakeRuntimeApi(over_http("fail_after_with_the_connection_of_another")) as api:
        start(api)
        (request,) = api.wait_for_answers(1)
    assert request.is_complete
    assert request.trailers["Lambda-Runtime-Function-Error-Type"] == "Function.ConnectionResetError"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x-a": "a\r\nSet-Cookie: b"}, "the value of header 'x-a' has a control character"),
        ({"x-a": "日本"}, "the value of header 'x-a' has a control character"),
        ({"x a": "b"}, "header name 'x a' is not an HTTP token"),
    ],
)
def test_headers_that_cannot_be_sent_take_the_error_path(start: Start, headers: dict[str, str], message: str) -> None:
    with FakeRuntimeApi(over_http(STREAM, response_headers=headers)) as api:
        process = start(api)
        (request,) = api.wait_for_answers(1)
    assert request.path == "invocation/request-1/error"
    report = json.loads(request.body)
    assert report["errorType"] == "Runtime.MarshalError"
    assert report["errorMessage"].startswith(f"Unable to marshal response: {message}")
    assert process.closes() == 1


@pytest.mark.parametrize("do", [STREAM, PLAIN, ERROR])
def test_the_invocation_id_is_sent_back(start: Start, any_version: list[str], do: str) -> None:
    invocation = over_http(do)
    with FakeRuntimeApi(
        Invocation(invocation.event, headers={"Lambda-Runtime-Invocation-Id": "invocation-7"}), over_http(do)
    ) as api:
        start(api, any_version)
        with_id, without = api.wait_for_answers(2)
    assert with_id.headers["lambda-runtime-invocation-id"] == "invocation-7"
    assert "lambda-runtime-invocation-id" not in without.headers


@pytest.mark.parametrize("do", [STREAM, PLAIN, ERROR])
def test_a_410_is_logged_and_survived(start: Start, any_version: list[str], do: str) -> None:
    gone = Reply(410, b"stale")
    with FakeRuntimeApi(
        over_http(do), over_http(PLAIN, "request-2"), response=[gone] * (do != ERROR), error=[gone] * (do == ERROR)
    ) as api:
        process = start(api, any_version)
        posts = api.wait_for_answers(2)
    assert posts[1].path == "invocation/request-2/response"
    (entry,) = [line for line in process.output().splitlines() if "410" in line]
    assert entry.startswith("[WARNING]")
    assert entry.endswith(
        f"{posts[0].path}: the Runtime API answered 410 stale; the invocation was over before its answer"
    )
    assert process.closes() == (do == STREAM)


@pytest.mark.parametrize("status", [400, 403, 413, 500])
@pytest.mark.parametrize("do", [STREAM, PLAIN, ERROR])
def test_any_other_refusal_ends_the_process_with_one_log_line(start: Start, do: str, status: int) -> None:
    refusal = [Reply(status, b'{"errorType":"No"}\n')]
    with FakeRuntimeApi(
        over_http(do), over_http(PLAIN), response=refusal * (do != ERROR), error=refusal * (do == ERROR)
    ) as api:
        process = start(api)
        ended = process.ended()
        assert api.next_calls() == 1
        (request,) = api.posts()
    assert ended.code == 1
    (entry,) = [entry for entry in ended.entries if "Runtime API" in entry]
    assert entry.startswith("[ERROR]")
    assert entry.endswith(f'{request.path}: the Runtime API answered {status} {{"errorType":"No"}}; the process ends')
    assert len(ended.entries) == (2 if do == ERROR else 1)  # the function's own error is one more
    assert process.closes() == (do == STREAM)


@pytest.mark.parametrize("do", [STREAM, PLAIN, ERROR])
def test_a_runtime_api_that_hangs_up_ends_the_process(start: Start, do: str) -> None:
    silence = [Reply(None)]
    with FakeRuntimeApi(
        over_http(do), over_http(PLAIN), response=silence * (do != ERROR), error=silence * (do == ERROR)
    ) as api:
        ended = start(api).ended()
        assert api.next_calls() == 1
    assert ended.code == 1
    assert sum("the Runtime API gave no answer" in entry for entry in ended.entries) == 1


def test_the_connection_of_an_answer_is_closed_even_if_the_runtime_api_keeps_it_open(start: Start) -> None:
    with FakeRuntimeApi(*[over_http(do) for do in (STREAM, PLAIN, ERROR)]) as api:
        start(api)
        assert all(request.is_closed for request in api.wait_for_answers(3))


def test_the_trace_header_is_the_invocations_own(start: Start) -> None:
    traced = Invocation(b'{"do":"context_of"}', headers={"Lambda-Runtime-Trace-Id": "Root=1-2"})
    with FakeRuntimeApi(traced, direct("context_of")) as api:
        start(api)
        first, second = api.wait_for_answers(2)
    assert first.body == b'{"trace": "Root=1-2"}'
    assert second.body == b'{"trace": null}'


def test_headers_of_an_invocation_are_read_as_utf_8(start: Start) -> None:
    context = {"Lambda-Runtime-Client-Context": '{"custom":{"who":"Grüße 日本"}}'}
    with FakeRuntimeApi(Invocation(b'{"do":"client_context_of"}', headers=context)) as api:
        start(api)
        (answer,) = api.wait_for_answers(1)
    assert json.loads(answer.body) == {"who": "Grüße 日本"}


def test_memory_does_not_grow_while_the_reader_is_slow(start: Start) -> None:
    size, count = 1 << 16, 1600  # 105 MB
    with FakeRuntimeApi(over_http(PLAIN), over_http("many", size=size, count=count)) as api:
        process = start(api)
        api.wait_for_answers(1)
        before = process.peak_memory()
        api.reads_bodies.clear()
        api.wait_for(lambda: len(api.posts()) == 2)
        api.reads_bodies.set()
        request = api.wait_for_answers(2)[1]
        grown = process.peak_memory() - before
    assert len(request.body) == len(OCTET_PRELUDE) + size * count
    assert grown < 4_000_000
