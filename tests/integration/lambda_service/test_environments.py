"""Environments: how many there are, what they find, how they end."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import (
    FUNCTIONS,
    RAW_COMMAND,
    Answer,
    ask,
    connect,
    is_alive,
    managed_command,
    port_of,
    scenario,
    streaming,
    wait_until,
)
from sluice_local.lambda_service import (
    FunctionSpec,
    InvokeResult,
    RunningFunctionUrl,
    StreamFaults,
    UrlSettings,
    running_function_url,
)

INTERNAL_SERVER_ERROR = {"Message": "Internal Server Error"}


def pid_of(running: RunningFunctionUrl) -> int:
    return int(ask(running.url, "/who").json["pid"])


def test_nothing_runs_before_the_first_request_and_one_environment_serves_those_after_each_other(serve: Serve) -> None:
    running = serve()
    assert running.environment_pids() == []
    with connect(running.url) as connection:
        pids = set()
        for _ in range(20):
            connection.request("GET", "/who")
            pids.add(json.loads(connection.getresponse().read())["pid"])
    assert pids == set(running.environment_pids())
    assert len(pids) == 1


def test_requests_at_once_have_an_environment_each_and_later_ones_reuse_them(serve: Serve, tmp_path: Path) -> None:
    running = serve()
    count = 4
    for gate in (tmp_path / "first", tmp_path / "again"):
        assert sorted(play_at_once(running, count, gate)) == [b"first;second"] * count
        assert len(running.environment_pids()) == count
    assert count == sum(line.startswith("START") for line in running.logs) / 2


def play_at_once(running: RunningFunctionUrl, count: int, gate: Path) -> list[bytes]:
    """Open that many streams, let them go on once all have begun, and return their bodies."""
    begun = threading.Barrier(count, action=gate.touch)

    def play(_: int) -> bytes:
        with streaming(running.url, scenario("gated", gate=gate)) as response:
            first = response.read1()
            begun.wait(20)
            return first + response.read()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(play, range(count)))


def test_a_request_above_the_concurrency_limit_is_throttled(serve: Serve, tmp_path: Path) -> None:
    running = serve(max_concurrency=1)
    gate = tmp_path / "gate"
    with streaming(running.url, scenario("gated", gate=gate)) as response:
        throttled = ask(running.url, "/who")
        gate.touch()
        response.read()
    assert throttled.status == 429
    assert throttled.headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert throttled.json == {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    }
    assert ask(running.url, "/who").status == 200


def test_a_limit_of_one_serves_request_after_request_without_throttling(serve: Serve) -> None:
    running = serve(max_concurrency=1)
    assert {ask(running.url, scenario("answer", value=1)).status for _ in range(30)} == {200}


def test_a_process_finds_what_lambda_sets_and_nothing_of_ours(serve: Serve, tmp_path: Path) -> None:
    os.environ["SLUICE_TEST_LEAK"] = "1"
    try:
        running = serve(
            name="gateway",
            handler="gateway.handler.lambda_handler",
            environ={"AWS_REGION": "eu-west-1", "OWN": "x", "_HANDLER": "forged"},
            memory_mb=1769,
        )
        environ: dict[str, str] = ask(running.url, "/who").json["environ"]
    finally:
        del os.environ["SLUICE_TEST_LEAK"]
    host, _, port = environ.pop("AWS_LAMBDA_RUNTIME_API").partition(":")
    assert host == "127.0.0.1"
    assert port.isdigit()
    assert "[$LATEST]" in environ.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    environ.pop("LC_CTYPE", None)  # Python sets it by itself
    assert environ == {
        "_HANDLER": "gateway.handler.lambda_handler",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_FUNCTION_NAME": "gateway",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/gateway",
        "AWS_REGION": "eu-west-1",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "LANG": "en_US.UTF-8",
        "OWN": "x",
        "PATH": os.environ["PATH"],
        "TZ": ":UTC",
    }


def test_each_environment_has_a_runtime_api_of_its_own(serve: Serve, tmp_path: Path) -> None:
    running = serve()
    with streaming(running.url, scenario("gated", gate=tmp_path / "gate")) as response:
        other = ask(running.url, "/who").json["environ"]["AWS_LAMBDA_RUNTIME_API"]
        (tmp_path / "gate").touch()
        response.read()
    pids = running.environment_pids()
    apis = {environ_of(pid)["AWS_LAMBDA_RUNTIME_API"] for pid in pids}
    assert len(apis) == len(pids) == 2
    assert other in apis


def environ_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)


@pytest.mark.parametrize("on_sandbox_death", ["truncate", "abort"])
def test_an_environment_killed_in_mid_stream(serve: Serve, tmp_path: Path, on_sandbox_death: Any) -> None:
    running = serve(UrlSettings(faults=StreamFaults(on_sandbox_death=on_sandbox_death)))
    with streaming(running.url, scenario("gated", gate=tmp_path / "never")) as response:
        assert response.read1() == b"first;"
        assert running.kill_busy() == 1
        if on_sandbox_death == "truncate":
            assert response.read() == b""  # a clean end: nothing tells this client
        else:
            with pytest.raises(ConnectionResetError):
                response.read()
    wait_until(lambda: any("exited with error: signal: SIGKILL" in line for line in running.logs))
    assert ask(running.url, scenario("answer", value="healthy")).body == b'"healthy"'


def test_an_environment_killed_before_its_answer_is_a_502(serve: Serve) -> None:
    running = serve()
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(ask(running.url, "/hang")))
    asking.start()
    wait_until(lambda: any(line.startswith("START") for line in running.logs))
    assert running.kill_busy() == 1
    asking.join()
    assert (answers[0].status, answers[0].json) == (502, INTERNAL_SERVER_ERROR)
    assert running.kill_busy() == 0
    assert ask(running.url, scenario("answer", value=1)).status == 200


def test_a_process_that_exits_before_its_answer_is_a_502_and_its_exit_code_is_logged(serve: Serve) -> None:
    running = serve()
    first = pid_of(running)
    answer = ask(running.url, scenario("die", code=7))
    assert (answer.status, answer.json) == (502, INTERNAL_SERVER_ERROR)
    # The answer may overtake the process's end, which the log tells.
    wait_until(lambda: f"The runtime (process {first}) exited with error: exit status 7" in running.logs)
    assert any("Status: error\tError Type: Runtime.ExitError" in line for line in running.logs)
    assert pid_of(running) != first


def test_a_process_that_exits_in_mid_stream_truncates_the_answer(serve: Serve) -> None:
    running = serve()
    assert ask(running.url, scenario("die", first="half")).body == b"half"
    assert running.invoke({"do": "answer", "value": 1}).payload == b"1"


def test_an_idle_process_that_dies_is_replaced(serve: Serve) -> None:
    running = serve()
    first = pid_of(running)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: running.environment_pids() == [])
    assert pid_of(running) != first


def test_a_runtime_that_breaks_its_answer_off_but_lives_truncates_it_too(serve: Serve) -> None:
    running = serve()
    with streaming(running.url, "/cut") as response:
        assert response.read() == b"some of it"


def test_a_time_out_before_the_answer_is_a_502_and_kills_the_process(serve: Serve) -> None:
    running = serve(timeout=0.3)
    first = pid_of(running)
    answer = ask(running.url, "/hang")
    assert (answer.status, answer.json) == (502, INTERNAL_SERVER_ERROR)
    assert any("Task timed out after 0.30 seconds" in line for line in running.logs)
    wait_until(lambda: any(line.endswith("Status: timeout") for line in running.logs))
    assert not is_alive(first)
    assert ask(running.url, scenario("answer", value=1)).status == 200


@pytest.mark.parametrize("on_sandbox_death", ["truncate", "abort"])
def test_a_time_out_in_mid_stream(serve: Serve, on_sandbox_death: Any) -> None:
    running = serve(UrlSettings(faults=StreamFaults(on_sandbox_death=on_sandbox_death)), timeout=0.3)
    with streaming(running.url, scenario("hang", first="half")) as response:
        assert response.read1() == b"half"
        if on_sandbox_death == "truncate":
            assert response.read() == b""
        else:
            with pytest.raises(ConnectionResetError):
                response.read()
    assert running.invoke({"do": "answer", "value": 1}).payload == b"1"


def test_a_runtime_that_idles_after_its_answer_is_killed_at_the_time_out(serve: Serve, tmp_path: Path) -> None:
    running = serve(timeout=0.3)
    assert ask(running.url, scenario("after", gate=tmp_path / "never")).body == b'"done"'
    wait_until(lambda: any("Task timed out after 0.30 seconds" in line for line in running.logs))
    wait_until(lambda: running.environment_pids() == [])


@pytest.mark.parametrize("late", ["late", "late_stream"])
@pytest.mark.parametrize("what", ["response", "error"])
def test_a_late_answer_gets_a_410_and_the_environment_lives_on(
    serve: Serve, tmp_path: Path, late: str, what: str
) -> None:
    running = serve(timeout=0.3, on_timeout="abandon")
    first = pid_of(running)
    answer = ask(running.url, scenario(late, gate=tmp_path / "gate", what=what))
    assert (answer.status, answer.body) == ((502, answer.body) if late == "late" else (200, b"in time;"))
    (tmp_path / "gate").touch()
    refusal = wait_until(lambda: [line for line in running.logs if " 410 " in line])
    assert '"errorType": "InvocationGone"' in refusal[0]
    assert pid_of(running) == first


def test_an_init_error_is_a_502_and_its_reason_is_in_the_log(serve: Serve) -> None:
    running = serve(environ={"INIT": "error"})
    for _ in range(2):
        answer = ask(running.url)
        assert (answer.status, answer.json) == (502, INTERNAL_SERVER_ERROR)
    assert any('Init failed: {"errorMessage":"no module"' in line for line in running.logs)
    wait_until(lambda: running.environment_pids() == [])


def test_an_init_error_reaches_who_invokes_directly(serve: Serve) -> None:
    running = serve(environ={"INIT": "error"})
    result = running.invoke({})
    assert result.error
    assert json.loads(result.payload) == {"errorMessage": "no module", "errorType": "Runtime.ImportModuleError"}


def test_a_process_that_exits_before_it_is_ready_is_an_init_error(serve: Serve) -> None:
    running = serve(environ={"INIT": "exit"})
    assert ask(running.url).status == 502
    assert "cannot start" in running.logs
    assert any("Runtime exited with error: exit status 1" in line for line in running.logs)


def test_an_init_that_takes_too_long_is_done_again(serve: Serve) -> None:
    running = serve(environ={"INIT": "slow"}, init_timeout=0.3)
    assert ask(running.url, scenario("answer", value=1)).status == 200
    assert any("Status: timeout" in line and "init starts again" in line for line in running.logs)


def test_a_command_that_cannot_be_started_says_so(serve: Serve) -> None:
    running = serve(command=("/no/such/interpreter", "-m", "x"))
    assert ask(running.url).status == 502
    assert any("'/no/such/interpreter', '-m', 'x') could not be started" in line for line in running.logs)


def test_a_snap_start_runtime_is_restored_at_once(serve: Serve) -> None:
    running = serve(snap_start=True, environ={"INIT": "restore"})
    environ = ask(running.url, "/who").json["environ"]
    assert environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
    assert "restored 200 b''" in running.logs


def test_no_process_is_left_when_the_emulator_ends_not_even_a_functions_own(tmp_path: Path) -> None:
    spec = FunctionSpec("raw", "none", tmp_path, command=RAW_COMMAND)
    with running_function_url(spec) as running:
        child = ask(running.url, "/spawn").json["child"]
        pids = [*running.environment_pids(), child]
        assert all(is_alive(pid) for pid in pids)
        with streaming(running.url, scenario("gated", gate=tmp_path / "never")) as response:
            response.read1()
            pids = {*pids, *running.environment_pids()}
    wait_until(lambda: not any(is_alive(pid) for pid in pids), seconds=1)  # the kernel may need a moment


def test_no_busy_runtime_outlives_an_emulator_that_is_killed(tmp_path: Path) -> None:
    program = f"""
        import threading, time
        from pathlib import Path
        from sluice_local.lambda_service import FunctionSpec, running_function_url

        spec = FunctionSpec("raw", "none", Path({str(tmp_path)!r}), command={RAW_COMMAND!r})
        with running_function_url(spec) as running:
            threading.Thread(target=running.invoke, args=({{"do": "hang"}},), daemon=True).start()
            while not any(line.startswith("START") for line in running.logs):
                time.sleep(0.005)
            print(*running.environment_pids(), flush=True)
            time.sleep(3600)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        (pid,) = map(int, emulator.stdout.readline().split())
        assert is_alive(pid)
        emulator.kill()
    wait_until(lambda: not is_alive(pid))


def test_a_function_on_the_managed_runtimes_own_client(serve: Serve) -> None:
    running = serve(command=managed_command("plain.echo"), task_root=FUNCTIONS, timeout=30)
    answer = ask(running.url, "/a%2Fb?x=1", "POST", b"hi", {"content-type": "text/plain"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["event"]["rawPath"] == "/a%2Fb"
    assert answer.json["event"]["body"] == "hi"
    assert answer.json["request_id"] == answer.headers["x-amzn-requestid"]
    assert 25_000 < answer.json["remaining"] <= 30_000


def test_a_response_object_of_a_function_that_does_not_stream(serve: Serve) -> None:
    running = serve(command=managed_command("plain.page"), task_root=FUNCTIONS)
    answer = ask(running.url)
    assert (answer.status, answer.body) == (201, b"hello")
    assert answer.headers["x-page"] == "1"
    assert answer.headers.get_all("set-cookie") == ["a=b", "c=d"]
    assert answer.headers["x-amzn-remapped-date"] == "mine"
    assert answer.headers["date"] != "mine"


def test_an_exception_of_a_function_is_a_502_and_in_the_log(serve: Serve) -> None:
    running = serve(command=managed_command("plain.fail"), task_root=FUNCTIONS)
    assert ask(running.url).status == 502
    assert any("ValueError" in line for line in running.logs)
    assert json.loads(running.invoke({}).payload)["errorType"] == "ValueError"


def test_a_module_that_cannot_be_imported_is_an_init_error(serve: Serve) -> None:
    running = serve(command=managed_command("broken.handler"), task_root=FUNCTIONS)
    assert ask(running.url).status == 502
    assert any("No module named 'no_such_module'" in line for line in running.logs)


def test_who_still_waits_when_the_emulator_ends_is_told(tmp_path: Path) -> None:
    results: list[InvokeResult] = []
    spec = FunctionSpec("raw", "none", tmp_path, command=RAW_COMMAND)
    with running_function_url(spec) as running:
        waiting = threading.Thread(target=lambda: results.append(running.invoke({"do": "hang"})))
        waiting.start()
        wait_until(lambda: any(line.startswith("START") for line in running.logs))
    waiting.join(10)
    assert json.loads(results[0].payload)["errorType"] == "Runtime.ExitError"


def test_a_port_that_is_taken_is_an_os_error_and_nothing_is_left(tmp_path: Path) -> None:
    spec = FunctionSpec("raw", "none", tmp_path, command=RAW_COMMAND)
    with running_function_url(spec) as running:
        port = port_of(running.url)
        with pytest.raises(OSError, match="address already in use"), running_function_url(spec, port=port):
            pytest.fail("it started")
        assert ask(running.url, "/who").status == 200
