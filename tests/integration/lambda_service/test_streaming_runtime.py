"""Our own runtime behind the function URL, end to end."""

import json
from pathlib import Path

from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import FUNCTIONS, ask, scenario, streaming, wait_until
from sluice_local.lambda_service import FunctionSpec

COMMAND = FunctionSpec("x", "x", Path()).command  # what is run where nothing is said


def test_each_piece_reaches_the_client_as_soon_as_the_function_has_it(serve: Serve, tmp_path: Path) -> None:
    running = serve(command=COMMAND, handler="streaming.handler", task_root=FUNCTIONS)
    gates = [tmp_path / "second", tmp_path / "third"]
    for gate in gates:
        gate.unlink(missing_ok=True)
    with streaming(running.url, scenario("", gates=",".join(map(str, gates)))) as response:
        assert response.headers["set-cookie"] == "a=b"
        assert response.read1() == b"first;"
        for gate in gates:
            gate.touch()
            assert response.read1() == gate.name.encode() + b";"
        assert response.read() == b""


def test_an_error_after_the_first_byte_ends_the_answer_and_is_in_the_log(serve: Serve) -> None:
    running = serve(command=COMMAND, handler="streaming.fails_late", task_root=FUNCTIONS)
    for _ in range(2):
        assert ask(running.url).body == b"first;"
    wait_until(lambda: sum("ended with an error, which the client cannot see" in line for line in running.logs) == 2)
    assert any("mid-stream" in line for line in running.logs)
    assert len(running.environment_pids()) == 1


def test_a_direct_invoke_gets_one_plain_body(serve: Serve) -> None:
    running = serve(command=COMMAND, handler="streaming.handler", task_root=FUNCTIONS)
    assert json.loads(running.invoke({}).payload)["body"] == "first;"


def test_the_runtime_survives_the_410_of_a_late_answer(serve: Serve, tmp_path: Path) -> None:
    running = serve(
        command=COMMAND, handler="streaming.handler", task_root=FUNCTIONS, timeout=0.5, on_timeout="abandon"
    )
    gate = tmp_path / "gate"
    with streaming(running.url, scenario("", gates=gate)) as response:
        assert response.read() == b"first;"
    first = running.environment_pids()
    gate.touch()
    wait_until(lambda: any(line.startswith("REPORT") for line in running.logs))
    assert ask(running.url).body == b"first;"
    assert running.environment_pids() == first
