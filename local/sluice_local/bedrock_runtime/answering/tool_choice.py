"""Whether a request asks for tools, for which of them, and with which arguments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.answering.schema_values import arguments_for, is_place, places

ToolSpec = Mapping[str, Any]
_MOST_CALLS = 4
# Words of a tool's name that say nothing about what it is for.
_GENERIC = frozenset(("get", "list", "run", "make", "fetch", "find", "tool", "tools", "use", "set", "current", "with"))
_FEW_LETTERS = 4


def wanted_calls(request: Mapping[str, Any], question: str, *, answered: bool) -> list[tuple[str, dict[str, Any]]]:
    """Return the tools to call with their arguments; none where the request does not ask for any.

    `answered` says that the last turn brings tool results: then only a forced tool is called again.
    """
    configuration = request.get("toolConfig", {})
    specs = [tool["toolSpec"] for tool in configuration.get("tools", ()) if "toolSpec" in tool]
    match configuration.get("toolChoice", {}):
        case {"tool": {"name": name}}:
            chosen = [spec for spec in specs if spec["name"] == name]
        case {"any": _}:
            chosen = _asked_for(specs, question) or specs[:1]
        case _:
            chosen = [] if answered else _asked_for(specs, question)
    calls = [call for spec in chosen for call in _calls(spec, question)]
    return calls[:_MOST_CALLS]


def _asked_for(specs: Sequence[ToolSpec], question: str) -> list[ToolSpec]:
    """Return the tools that a question names, or failing that those whose names speak of what it is about."""
    named = [spec for spec in specs if _is_named(spec["name"], question)]
    return named or [spec for spec in specs if _is_about(spec["name"], question)]


def _is_named(name: str, question: str) -> bool:
    """Look for an explicit order. `write` alone is also a word: it takes `use write`, "`write`" or `the write tool`."""
    exact = re.escape(name)
    if re.search(r"[_A-Z-]", name) and re.search(rf"\b{exact}\b", question):
        return True
    patterns = (rf"`{exact}`", rf"\b{exact} tool\b", rf"\b(?:use|call|invoke)\s+(?:the\s+)?(?:tool\s+)?{exact}\b")
    return any(re.search(pattern, question, re.IGNORECASE) for pattern in patterns)


def _is_about(name: str, question: str) -> bool:
    """Tell whether the question holds a telling word of a name of several words (`get_weather`: weather)."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)]
    telling = [word for word in words if word not in _GENERIC and len(word) >= _FEW_LETTERS]
    if len(words) == 1 or not telling:
        return False
    asked = set(re.findall(r"\w+", question.lower()))
    return all(any(word.startswith(stem) for word in asked) for stem in telling)


def _calls(spec: ToolSpec, question: str) -> list[tuple[str, dict[str, Any]]]:
    """Return one call, or one a place where the question names several and the tool takes one."""
    schema = spec["inputSchema"]["json"]
    arguments = arguments_for(schema, question)
    where = next((name for name in arguments if is_place(name) and isinstance(arguments[name], str)), None)
    named = places(question)
    if where is None or len(named) < 2:
        return [(spec["name"], arguments)]
    return [(spec["name"], {**arguments, where: place}) for place in named]
