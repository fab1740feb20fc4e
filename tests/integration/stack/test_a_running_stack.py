"""What a user has in hand once `make local` says that it is ready."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from integration.clients.raw import Reply, request
from integration.stack.local_stack import FREE_PORTS, LocalStack, started
from sluice_cli.main import cli

MESSAGES = [{"role": "user", "content": "Hello!"}]


def test_a_first_answer_streams_to_the_terminal(stack: LocalStack) -> None:
    answer, _, rest = stack.output.partition("Asking ")[2].partition("\n\n(ready ")
    question, _, text = answer.partition("\n\n")
    assert question.endswith("what happens between my request and the words I am reading now?")
    assert len(text.split()) > 20
    asked_at = next(at for at, piece in stack.pieces if "Asking " in piece)
    ready_at = next(at for at, piece in stack.pieces if "(ready " in piece)
    pieces = [at for at, _ in stack.pieces if asked_at < at < ready_at]
    # The emulator takes 20 ms for each word: what comes at once has been buffered.
    assert pieces[-1] - pieces[0] > 0.3
    assert float(rest.split()[0]) > 0


def test_the_environment_file_leads_clients_here(stack: LocalStack) -> None:
    variables = stack.variables()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", variables["SLUICE_URL"])
    assert re.fullmatch(r"https://localhost:\d+", variables["SLUICE_TLS_URL"])
    assert re.fullmatch(r"slc_[a-z2-7]{16}_[a-z2-7]{52}", variables["SLUICE_API_KEY"])
    assert variables["SLUICE_CA_BUNDLE"] == str((stack.folder / "tls" / "ca.pem").resolve())
    reply = request(variables["SLUICE_URL"], "GET", "/v1/models", _bearer(variables["SLUICE_API_KEY"]))
    assert variables["SLUICE_MODEL"] in [model["id"] for model in reply.json["data"]]


def test_only_its_owner_can_read_the_environment_file(stack: LocalStack) -> None:
    assert stat.S_IMODE((stack.folder / "env").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "client", ["OpenAI SDK (Python)", "Anthropic SDK (Python)", "boto3 (sends bearer keys over https only)"]
)
def test_the_printed_program_streams_an_answer(client: str, stack: LocalStack) -> None:
    program = _printed(stack, client)
    said = subprocess.check_output([sys.executable, "-c", program], env=_plain_environment(), text=True, timeout=60)
    assert len(said.split()) > 5


def test_the_printed_curl_command_streams_an_answer(stack: LocalStack) -> None:
    command = shlex.split(_printed(stack, "curl"))
    assert command[:2] == ["curl", "-N"]
    (header,) = [value for option, value in pairwise(command) if option == "-H"]
    name, _, value = header.partition(": ")
    url, _, path = command[2].partition("/v1/")
    reply = request(url, "POST", f"/v1/{path}", {name: value}, command[command.index("-d") + 1].encode())
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.text.endswith("data: [DONE]\n\n")


def test_the_printed_lines_for_openclaw_are_what_it_needs(stack: LocalStack) -> None:
    variables = stack.variables()
    lines = _printed(stack, "OpenClaw")
    assert f"export AWS_BEARER_TOKEN_BEDROCK={variables['SLUICE_API_KEY']} AWS_BEDROCK_FORCE_HTTP1=1" in lines
    assert f'baseUrl: "{variables["SLUICE_URL"]}"' in lines


def test_each_request_shows_as_one_line_on_the_terminal(stack: LocalStack) -> None:
    variables = stack.variables()
    model = "emulator.throttled"
    body = {"model": model, "messages": MESSAGES}
    request(variables["SLUICE_URL"], "POST", "/v1/chat/completions", _bearer(variables["SLUICE_API_KEY"]), body)
    stack.wait_for(f"429  chat-completions  {model}")
    (line,) = [line for line in stack.output.splitlines() if model in line]
    assert line.endswith("UpstreamRefused")


def test_the_functions_whole_log_is_in_a_file(stack: LocalStack) -> None:
    log = (stack.folder / "sluice.log").read_text()
    assert "[sluice-gateway] START RequestId: " in log
    assert "[sluice-catalog-refresh] " in log


def test_the_command_line_makes_keys_for_it(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stack.folder.parent)
    command = ["keys", "create", "--name", "a colleague", "--local", "--quiet"]
    made = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    url = stack.variables()["SLUICE_URL"]
    assert request(url, "GET", "/v1/models", _bearer(made.output.strip())).status == 200


def test_the_command_line_rotates_and_shows_its_keys(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stack.folder.parent)

    def sluice(*arguments: str) -> str:
        done = CliRunner().invoke(cli, [*arguments, "--local"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    old = sluice("keys", "create", "--name", "a colleague", "--expires", "1d", "--quiet")
    new = sluice("keys", "rotate", old, "--overlap", "0", "--quiet")
    url = stack.variables()["SLUICE_URL"]
    assert [request(url, "GET", "/v1/models", _bearer(key)).status for key in (new, old)] == [200, 401]
    assert sluice("keys", "show", new).startswith(f"{new.split('_')[1]}\n\n  Name             a colleague\n")
    assert sluice("limits", "show").startswith("All callers together\n")
    assert json.loads(sluice("principals", "list", "--json")) == []
    assert json.loads(sluice("usage", "--json"))["total"]["failed_requests"] >= 0


def test_what_the_command_line_allows_is_held_counted_and_shown(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stack.folder.parent)

    def sluice(*arguments: str) -> str:
        done = CliRunner().invoke(cli, [*arguments, "--local"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    variables, model = stack.variables(), "amazon.nova-lite-v1:0"
    policy = ("--allow-model", "amazon.*", "--budget-per-day", "1", "--allow-operation", "chat-completions")
    key = sluice("keys", "create", "--name", "a colleague", "--quiet", *policy)

    def ask(model: str) -> int:
        return _ask(variables | {"SLUICE_API_KEY": key}, {"model": model, "messages": MESSAGES}).status

    assert [ask(model), ask("anthropic.claude-sonnet-4-5-20250929-v1:0")] == [200, 403]
    assert request(variables["SLUICE_URL"], "GET", "/v1/models", _bearer(key)).status == 403
    deadline = time.monotonic() + 20
    # What was used is written after the answer.
    while not (shown := json.loads(sluice("keys", "show", key, "--json")))["used_today"]["requests"]:
        assert time.monotonic() < deadline
    assert shown["used_today"]["requests"] == 1
    assert 0 < shown["used_today"]["cost_usd"] <= shown["budget_taken"]["usd_today"] < 1
    (row,) = json.loads(sluice("usage", "--key", key, "--by", "key", "--by", "model", "--json"))["rows"]
    assert (row["key"], row["name"], row["model"]) == (key.split("_")[1], "a colleague", model)
    assert row["cost_usd"] == shown["used_today"]["cost_usd"]


def test_the_command_line_lists_shows_and_refreshes_its_models(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stack.folder.parent)

    def models(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["models", *arguments, "--local"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return str(done.output)

    assert models("refresh").startswith("Published: ")
    assert models("refresh", "--dry-run").endswith("\nNo model would change.\n")
    variables = stack.variables()
    reply = request(variables["SLUICE_URL"], "GET", "/v1/models", _bearer(variables["SLUICE_API_KEY"]))
    listed = [row["model_id"] for row in json.loads(models("list", "--json"))]
    assert listed == [model["id"] for model in reply.json["data"]]
    assert models("show", listed[0]).startswith(f"{listed[0]}\n\n  Name ")


def test_the_refresh_function_is_invoked_as_in_aws(stack: LocalStack) -> None:
    variables = stack.variables()
    answer = _invoke(variables, variables["AWS_SECRET_ACCESS_KEY"], Payload=b'{"dry_run": true}')
    assert "FunctionError" not in answer
    assert json.load(answer["Payload"])["status"] == "dry run"


def test_the_refresh_function_is_not_invoked_by_strangers(stack: LocalStack) -> None:
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        _invoke(stack.variables(), "not-the-secret")


def test_a_killed_environment_comes_back(stack: LocalStack) -> None:
    variables = stack.variables()
    before = stack.children()
    for pid in before:
        os.kill(pid, 9)
    body = {"model": "emulator.text", "messages": MESSAGES}
    # A request that meets the corpse is answered with 502, as Lambda answers it; its client asks again.
    deadline = time.monotonic() + 20
    while (reply := _ask(variables, body)).status != 200:
        assert time.monotonic() < deadline, reply
    assert "Streams run" in reply.text
    assert before
    assert not set(before) & set(stack.children())
    stack.wait_for("SIGKILL")


def test_a_second_start_is_told_where_the_first_one_is(stack: LocalStack) -> None:
    with started(stack.folder, *FREE_PORTS) as second:
        assert second.ended() == 1
        assert f"Sluice already runs from this folder (process {stack.pid})" in second.output
    assert "Traceback" not in second.output
    assert stack.variables()["SLUICE_API_KEY"]


@pytest.mark.parametrize("option", ["--aws-port", "--tls-port", "--lambda-port"])
def test_a_port_in_use_is_named_with_the_option_that_chooses_another(
    option: str, stack: LocalStack, tmp_path: Path
) -> None:
    taken = stack.variables()["SLUICE_URL"].rpartition(":")[2]
    arguments = [*FREE_PORTS]
    arguments[arguments.index(option) + 1] = taken
    with started(tmp_path, *arguments) as second:
        assert second.ended() == 1
    assert second.output.startswith(f"sluice: Port {taken} is in use by another program.")
    assert f"make local ARGS='{option} PORT'" in second.output
    assert "Traceback" not in second.output


def _invoke(variables: dict[str, str], secret: str, **parameters: Any) -> Any:
    client = boto3.client(
        "lambda",
        region_name=variables["AWS_REGION"],
        endpoint_url=variables["AWS_ENDPOINT_URL_LAMBDA"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=secret,
    )
    with closing(client):
        return client.invoke(FunctionName=variables["SLUICE_REFRESH_FUNCTION"], **parameters)


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _ask(variables: dict[str, str], body: dict[str, object]) -> Reply:
    return request(variables["SLUICE_URL"], "POST", "/v1/chat/completions", _bearer(variables["SLUICE_API_KEY"]), body)


def _printed(stack: LocalStack, heading: str) -> str:
    """Return the indented lines that were printed under a heading."""
    after = stack.output.partition(f"\n{heading}")[2].partition("\n")[2]
    return textwrap.dedent(after.partition("\n\n")[0])


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
