"""No deployed code asks a model's name what the model can do: that is data (scripts/model_facts makes it)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[3]
FAMILIES = re.compile(
    r"claude|anthropic\.|nova|titan|llama|mistral|mixtral|gpt|deepseek|qwen|cohere|opus|sonnet|haiku|kimi|grok|gemma|"
    r"nemotron|minimax|jamba|palmyra|pegasus|marengo|glm",
    re.IGNORECASE,
)
# An audio format, and a way in which models are asked to reason.
NO_MODELS = {"opus", "nova"}
ASKING = {"startswith", "endswith", "removeprefix", "find", "index", "count", "match", "search", "fullmatch", "fnmatch"}


def questions(tree: ast.AST) -> Iterator[ast.AST]:
    """What is compared with, or looked for, in anything."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                yield from (node.left, *node.comparators)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in ASKING:
                yield from node.args
            case ast.match_case():
                yield node.pattern


def names_in(tree: ast.AST) -> list[str]:
    constants = (part for question in questions(tree) for part in ast.walk(question) if isinstance(part, ast.Constant))
    texts = (constant.value for constant in constants if isinstance(constant.value, str))
    return [text for text in texts if FAMILIES.search(text) and text not in NO_MODELS]


def test_nothing_that_is_deployed_asks_for_a_models_family() -> None:
    paths = [path for root in ("functions", "layers") for path in (PROJECT / root).rglob("*.py")]
    assert len(paths) > 100
    found = {str(path.relative_to(PROJECT)): names_in(ast.parse(path.read_text(encoding="utf-8"))) for path in paths}
    assert {path: names for path, names in found.items() if names} == {}


def test_such_a_question_would_be_found() -> None:
    asked = ["if 'claude' in model_id: pass", "model_id.startswith('amazon.nova-')", "re.search('gpt-oss', name)"]
    assert [len(names_in(ast.parse(line))) for line in asked] == [1, 1, 1]
