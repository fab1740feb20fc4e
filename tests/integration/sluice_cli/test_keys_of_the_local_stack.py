"""`sluice keys --local`: the stack on this machine, found by the file it writes."""

import json

import pytest
from sluice.keys import parse_key


@pytest.fixture
def project(aws, monkeypatch, tmp_path):
    """Stand in a project folder, without what AWS needs from the environment."""
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    folder = tmp_path / "project"
    (folder / "docs").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def write_environment(project):
    """Write `.local/env` as the local stack does."""

    def write(variables):
        file = project / ".local" / "env"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))

    return write


@pytest.fixture
def running(write_environment):
    """Start a local stack's services and leave its file."""
    from sluice_local.aws_services import running_aws_services

    with running_aws_services() as services:
        variables = services.environment() | {"SLUICE_URL": "http://127.0.0.1:8787"}
        write_environment(variables)
        yield variables


def test_a_key_is_made_listed_and_disabled(sluice, running):
    key = sluice("keys", "create", "--local", "--name", "alice", "--quiet").stdout.strip()
    key_id = parse_key(key).key_id
    assert sluice("keys", "disable", key_id, "--local").stdout == f"The key {key_id} (alice) is disabled.\n"
    (listed,) = json.loads(sluice("keys", "list", "--local", "--json").stdout)
    assert (listed["id"], listed["name"], listed["state"]) == (key_id, "alice", "disabled")


def test_the_gateways_url_is_told(sluice, running):
    assert sluice("keys", "create", "--local", "--name", "a").stdout.endswith("\nThey call http://127.0.0.1:8787\n")


def test_it_works_from_a_folder_below(sluice, running, project, monkeypatch):
    monkeypatch.chdir(project / "docs")
    assert sluice("keys", "list", "--local").exit_code == 0


def test_an_aws_profile_in_the_environment_does_not_matter_even_if_it_does_not_exist(sluice, running, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "ops")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another account")
    assert sluice("keys", "list", "--local").stderr == ""


def test_without_a_local_stack_it_says_how_to_start_one(sluice, project):
    result = sluice("keys", "list", "--local")
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "Error: The local stack is not running: there is no .local/env. Start it with `make local`.\n",
    )


def test_a_file_that_a_stopped_stack_left_is_recognised(sluice, write_environment, aws, unused_port):
    endpoint = f"http://127.0.0.1:{unused_port}"
    write_environment(aws.environment() | {"AWS_ENDPOINT_URL_DYNAMODB": endpoint})
    result = sluice("keys", "list", "--local")
    assert result.exit_code == 1
    assert result.stderr == (
        f'Error: Could not connect to the endpoint URL: "{endpoint}/". '
        "The local stack is not running. Start it with `make local`.\n"
    )


def test_a_file_without_a_variable_names_it(sluice, write_environment, aws):
    variables = aws.environment()
    del variables["SLUICE_ACCESS_TABLE"]
    write_environment(variables)
    result = sluice("keys", "list", "--local")
    assert result.exit_code == 1
    assert "does not say SLUICE_ACCESS_TABLE" in result.stderr


@pytest.fixture
def unused_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
