"""`docs/agents.md` says what the tests do with the coding agents."""

import json
import tomllib
from pathlib import Path

from docs.pages import page

AGENTS = page("docs/agents.md")
PACKAGES = Path(__file__).parents[1] / "integration" / "agents" / "package.json"


def test_the_versions_are_those_that_are_installed() -> None:
    installed = json.loads(PACKAGES.read_text())["dependencies"]
    claude_code, codex = installed["@anthropic-ai/claude-code"], installed["@openai/codex"]
    assert f"Claude Code {claude_code}, Codex {codex} and OpenClaw {installed['openclaw']}" in AGENTS.text


def test_codexs_configuration_can_be_read() -> None:
    [block] = AGENTS.blocks("toml")
    config = tomllib.loads(block)
    assert config["model_providers"][config["model_provider"]]["wire_api"] == "responses"
