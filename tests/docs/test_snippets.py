"""Code to copy is code that works, and the README's is what the local stack prints."""

import ast
import json
import re
import textwrap
from pathlib import Path

import pytest
from catalog_refresh.config_file import read_config
from docs.pages import all_pages, page
from sluice_local.stack.announcement import Access, announcement

README = page("README.md")
IN_PLACE = Access(url="URL", tls_url="URL", api_key="KEY", ca_bundle=Path("CA"), model="MODEL")
PYTHON = [(found.name, block) for found in all_pages() for block in found.blocks("python")]
JSON = [(found.name, block) for found in all_pages() for block in found.blocks("json")]
JSON5 = [(found.name, block) for found in all_pages() for block in found.blocks("json5")]


def printed(heading: str) -> str:
    """Return what the local stack prints below a heading."""
    text = announcement(IN_PLACE, Path("env"), Path("log"))
    return textwrap.dedent(text.partition(f"\n{heading}")[2].partition("\n")[2].partition("\n\n")[0])


def snippet(package: str) -> str:
    """Return the README's lines for a package."""
    return next(block for block in README.blocks("python") if re.search(rf"(from|import) .*\b{package}\b", block))


@pytest.mark.parametrize(("name", "block"), PYTHON, ids=[name for name, _ in PYTHON])
def test_python_compiles(name: str, block: str) -> None:
    compile(block, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize(("name", "block"), JSON, ids=[name for name, _ in JSON])
def test_json_is_json(name: str, block: str) -> None:
    json.loads(block)


@pytest.mark.parametrize(("name", "block"), JSON5, ids=[name for name, _ in JSON5])
def test_a_configuration_of_openclaw_can_be_read(name: str, block: str) -> None:
    config = read_config(block, name)
    assert config.primary_model.endswith("/MODEL")
    if "amazon-bedrock" in block:
        assert [model.model_id for model in config.models] == ["MODEL"]


def test_the_readmes_lines_for_the_openai_sdk_are_those_that_are_printed() -> None:
    assert _meaning(printed("OpenAI SDK")) == _meaning(snippet("openai"))


def test_the_readmes_lines_for_the_anthropic_sdk_are_those_that_are_printed() -> None:
    assert _meaning(printed("Anthropic SDK")) == _meaning(snippet("anthropic"))


def test_the_readmes_lines_for_boto3_are_those_that_are_printed_but_for_the_development_authority() -> None:
    assert _meaning(printed("boto3")) == _meaning(snippet("boto3"))


def test_the_readmes_line_for_curl_is_the_one_that_is_printed() -> None:
    assert _words(printed("curl")) == _words(next(block for block in README.blocks("console") if "curl" in block))


def test_the_readmes_variables_for_openclaw_are_those_that_are_printed() -> None:
    exports = printed("OpenClaw").splitlines()[0]
    assert exports in [block.strip() for block in README.blocks("console")]


def test_both_pages_show_the_same_provider_block() -> None:
    assert README.blocks("json5")[0] == page("docs/openclaw.md").blocks("json5")[0]


def _meaning(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = sorted(
                (keyword for keyword in node.keywords if keyword.arg != "verify"), key=lambda keyword: str(keyword.arg)
            )
    return ast.dump(tree, indent=1)


def _words(command: str) -> list[str]:
    return re.sub(r"\\\n", " ", command).split()
