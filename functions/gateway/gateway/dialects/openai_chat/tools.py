"""`tools` and `tool_choice` of a Chat Completions request."""

from collections.abc import Sequence
from typing import Any

from gateway.converse.caching import cache_point
from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.tools import Tool, ToolChoice
from gateway.dialects.anthropic_fields import cache_marks
from gateway.dialects.openai_custom_tools import INPUT_SCHEMA, description_of
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_WORDS = {
    "auto": ToolChoice(),
    "none": ToolChoice("none"),
    "required": ToolChoice("any"),
    "any": ToolChoice("any"),
}


class OfferedTools:
    """The tools of a request.

    custom: the names of those whose input is plain text. left_out: how many can be offered to no model.
    """

    def __init__(self) -> None:
        self.tools: list[Tool] = []
        self.custom: set[str] = set()
        self.left_out = 0


def read_tools(tools: object) -> OfferedTools:
    """Read the tools.

    Raises:
        InvalidRequest: one of them is malformed.
    """
    offered = OfferedTools()
    for tool, path in items(tools, "tools"):
        match tool.get("type"):
            case "function":
                offered.tools.append(_function(tool, path))
            case "custom":
                offered.tools.append(_custom(tool, path))
                offered.custom.add(offered.tools[-1].name)
            case _:
                offered.left_out += 1
    return offered


def read_tool_choice(choice: object, tools: list[Tool]) -> tuple[ToolChoice, list[Tool]]:
    """Return the choice and the tools that it leaves.

    Raises:
        InvalidRequest: it is malformed, or names a tool that is not offered.
    """
    if choice is None:
        return ToolChoice(), tools
    if isinstance(choice, str):
        return _word(choice, "tool_choice"), tools
    if not isinstance(choice, dict):
        raise InvalidRequest(f"`tool_choice` is {shown(choice)}; it must be a word or an object.", "tool_choice")
    match choice.get("type"):
        case "function" | "custom":
            return ToolChoice("tool", _name_in(choice, "tool_choice", tools)), tools
        case "allowed_tools":
            return _allowed_tools(required(choice, "allowed_tools", dict, "tool_choice"), tools)
        case "auto" | "none" | "required" | "any" as word:
            return _WORDS[word], tools
        case kind:
            path = "tool_choice.type"
            raise InvalidRequest(f"`{path}` is {shown(kind)}; it may be function, custom or allowed_tools.", path)


def _function(tool: Json, path: str) -> Tool:
    function, where = required(tool, "function", dict, path), below(path, "function")
    control = optional(tool, "cache_control", dict, path) or optional(function, "cache_control", dict, where)
    return Tool(
        name=filled(function, "name", where),
        description=optional(function, "description", str, where) or "",
        schema=optional(function, "parameters", dict, where),
        strict=bool(optional(function, "strict", bool, where)),
        path=below(where, "parameters"),
        cache_point=None if control is None else cache_point(optional(control, "ttl", str, path) or ""),
    )


def _custom(tool: Json, path: str) -> Tool:
    custom, where = required(tool, "custom", dict, path), below(path, "custom")
    return Tool(
        name=filled(custom, "name", where),
        description=description_of(custom, where),
        schema=INPUT_SCHEMA,
        path=where,
        cache_point=next(cache_marks(tool, path), None),
    )


def _allowed_tools(allowed: Json, tools: Sequence[Tool]) -> tuple[ToolChoice, list[Tool]]:
    path = "tool_choice.allowed_tools"
    names = {_name_in(item, where, tools) for item, where in items(allowed.get("tools"), below(path, "tools"))}
    choice = _word(optional(allowed, "mode", str, path) or "auto", below(path, "mode"))
    return choice, [tool for tool in tools if tool.name in names]


def _name_in(choice: Json, path: str, tools: Sequence[Tool]) -> str:
    kind = "custom" if choice.get("type") == "custom" else "function"
    name = filled(required(choice, kind, dict, path), "name", below(path, kind))
    if name not in {tool.name for tool in tools}:
        where = below(path, f"{kind}.name")
        raise InvalidRequest(f"`{where}` is {shown(name)}, which is not among `tools`.", where)
    return name


def _word(word: str, path: str) -> ToolChoice:
    if word not in _WORDS:
        raise InvalidRequest(f"`{path}` is {shown(word)}; it may be auto, none or required.", path)
    return _WORDS[word]
