"""A stack's beginning and end: nothing is left behind, however it ends, and it can begin again."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from integration.clients.raw import request
from integration.instance_metadata import ROLE, instance_metadata
from integration.stack.local_stack import FREE_PORTS, LocalStack, is_alive, running, started

ACCESS_KEY = {"AWS_ACCESS_KEY_ID": "AKIAUPSTREAM00000000", "AWS_SECRET_ACCESS_KEY": "secret-of-the-upstream"}
API_KEY = {"AWS_BEARER_TOKEN_BEDROCK": "bedrock-api-key-of-the-upstream"}


def test_ctrl_c_in_mid_answer_leaves_nothing_behind_and_the_next_start_is_quick(tmp_path: Path) -> None:
    with running(tmp_path) as stack, _endless_answer(stack):
        children = stack.children()
        assert stack.interrupt() == 0
    assert children
    assert not [pid for pid in children if is_alive(pid)]
    assert not (tmp_path / "env").exists()
    assert "Traceback" not in stack.output
    assert stack.output.endswith("Stopping.\n")
    authority = (tmp_path / "tls" / "ca.pem").read_bytes()
    began = time.monotonic()
    with running(tmp_path) as stack:
        assert time.monotonic() - began < 30
        stack.interrupt()
    # Clients go on trusting the authority that they know.
    assert (tmp_path / "tls" / "ca.pem").read_bytes() == authority


def test_ctrl_c_stops_a_start_that_waits_for_its_first_answer(tmp_path: Path) -> None:
    with started(tmp_path, *FREE_PORTS, "--model", "emulator.stall-before-headers") as stack:
        stack.wait_for("Asking ")
        children = stack.children()
        began = time.monotonic()
        assert stack.interrupt() == 0
    # The client of the first answer has the patience of two minutes, and the refresh function that of Lambda.
    assert time.monotonic() - began < 30
    assert children
    assert not [pid for pid in children if is_alive(pid)]
    assert "Traceback" not in stack.output
    assert stack.output.endswith("Stopping.\n")


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.4, 0.8])
def test_ctrl_c_while_the_program_is_imported_ends_it_without_a_word(tmp_path: Path, seconds: float) -> None:
    with started(tmp_path, *FREE_PORTS) as stack:
        while "uvloop" not in Path(f"/proc/{stack.pid}/maps").read_text():
            time.sleep(0.005)
        time.sleep(seconds)
        stack.interrupt()
    assert "Traceback" not in stack.output


def test_a_folder_that_cannot_be_used_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with started(tmp_path / "file", *FREE_PORTS) as stack:
        assert stack.ended() == 1
    assert stack.output == (
        f"sluice: The folder {tmp_path / 'file'} cannot be used (File exists). Choose another: "
        "make local ARGS='--folder FOLDER'.\n"
    )


def test_a_killed_stack_takes_its_functions_with_it_and_the_next_one_starts(tmp_path: Path) -> None:
    with running(tmp_path) as stack:
        children = stack.children()
        stack.kill()
    _wait_until_gone(children)
    assert (tmp_path / "env").exists()
    with started(tmp_path, "--once", *FREE_PORTS) as stack:
        assert stack.ended() == 0
    assert "(ready " in stack.output
    assert not (tmp_path / "env").exists()


def test_another_upstream_is_asked_instead_of_the_emulator(tmp_path: Path) -> None:
    with _upstream() as url, running(tmp_path, AWS_ENDPOINT_URL_BEDROCK_RUNTIME=url, **API_KEY) as stack:
        variables = stack.variables()
        assert variables["SLUICE_BEDROCK_RUNTIME_URL"] == ""
        asked = request(url, "GET", "/_emulator/requests").json["requests"]
    model = quote(variables["SLUICE_MODEL"], safe="")
    assert [sent["target"] for sent in asked] == [f"/model/{model}/converse-stream"]
    assert ["authorization", f"Bearer {API_KEY['AWS_BEARER_TOKEN_BEDROCK']}"] in asked[0]["headers"]


def test_on_an_instance_its_role_is_found_with_openclaws_workaround_and_without(tmp_path: Path) -> None:
    with instance_metadata() as instance, _upstream(ROLE) as url:
        variables = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": instance}
        for number, more in enumerate(({}, {"AWS_PROFILE": "default"})):
            with running(tmp_path / str(number), **variables, **more) as stack:
                assert "The stack runs all the same." not in stack.output
        asked = request(url, "GET", "/_emulator/requests").json["requests"]
    tokens = [dict(sent["headers"])["x-amz-security-token"] for sent in asked]
    assert tokens == [ROLE["Token"]] * 2


def test_an_upstream_that_refuses_is_told_of_and_the_stack_runs_all_the_same(tmp_path: Path) -> None:
    with (
        _upstream() as url,
        running(
            tmp_path, "--model", "emulator.access-denied", AWS_ENDPOINT_URL_BEDROCK_RUNTIME=url, **ACCESS_KEY
        ) as stack,
    ):
        # The access key was right: Bedrock checks it before it looks at the model.
        assert "You don't have access to the model with the specified model ID." in stack.output
        assert "The stack runs all the same." in stack.output
        assert request(stack.variables()["SLUICE_URL"], "GET", "/health").status == 200


def test_one_answer_that_cannot_be_had_is_a_failure(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    with started(tmp_path, *FREE_PORTS, "--once", AWS_ENDPOINT_URL_BEDROCK_RUNTIME=nobody, **ACCESS_KEY) as stack:
        assert stack.ended() == 1
    assert re.search(r"^sluice: .*cannot be reached at 127\.0\.0\.1:9", stack.output, re.MULTILINE)
    assert "Traceback" not in stack.output
    assert "The stack runs all the same." not in stack.output
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "Sluice found no AWS credentials to call Bedrock with."),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    ],
)
def test_a_real_upstream_without_credentials_is_refused_in_one_line(
    variables: dict[str, str], reason: str, tmp_path: Path
) -> None:
    with started(tmp_path, *FREE_PORTS, "--upstream", "aws", AWS_EC2_METADATA_DISABLED="true", **variables) as stack:
        assert stack.ended() == 1
    assert stack.output == (
        f"sluice: A real upstream needs AWS credentials, and there are none ({reason}). Set AWS_PROFILE, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a Bedrock API key as AWS_BEARER_TOKEN_BEDROCK.\n"
    )


@contextmanager
def _endless_answer(stack: LocalStack) -> Iterator[None]:
    """Keep an answer streaming."""
    variables = stack.variables()
    with closing(HTTPConnection(urlsplit(variables["SLUICE_URL"]).netloc, timeout=20)) as connection:
        body = {"model": "emulator.slow-9999", "stream": True, "messages": [{"role": "user", "content": "Hello!"}]}
        headers = {"authorization": f"Bearer {variables['SLUICE_API_KEY']}", "content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        with connection.getresponse() as answer:
            assert answer.read1(1)
            yield


@contextmanager
def _upstream(access_key: Mapping[str, str] = ACCESS_KEY) -> Iterator[str]:
    """Run the Bedrock Runtime emulator alone, as a user would."""
    key = ":".join(access_key.values())
    token = API_KEY["AWS_BEARER_TOKEN_BEDROCK"]
    command = [sys.executable, "-m", "sluice_local.bedrock_runtime", "--access-key", key, "--bearer-token", token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(match[0] for line in process.stdout if (match := re.search(r"http://\S+", line)))
        finally:
            process.terminate()


def _wait_until_gone(pids: list[int]) -> None:
    until = time.monotonic() + 10
    while left := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < until, left
        time.sleep(0.02)
