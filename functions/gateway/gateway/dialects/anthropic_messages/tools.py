"""`tools` and `tool_choice` of a Messages request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.tools import Tool, ToolChoice
from gateway.dialects.anthropic_fields import cache_marks
from gateway.errors import InvalidRequest

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OfferedTools:
    """The tools of a request.

    tools: the client's own. anthropic_tools: those that Anthropic defined (a shell, an editor, a computer, web search),
    as they came; some models know some of them. left_out: how many can be offered to no model.
    """

    tools: list[Tool]
    anthropic_tools: list[Json]
    left_out: int = 0


def read_tools(tools: object) -> OfferedTools:
    """Read the tools.

    Raises:
        InvalidRequest: one of them is malformed.
    """
    own, defined, left_out = [], [], 0
    for tool, path in items(tools, "tools"):
        kind = optional(tool, "type", str, path) or "custom"
        if kind != "custom":
            defined.append(tool)
        elif _is_callable(tool, path):
            own.append(_custom(tool, path))
        else:
            left_out += 1
    return OfferedTools(own, defined, left_out)


def read_tool_choice(choice: Json | None, tools: Sequence[Tool]) -> tuple[ToolChoice, bool]:
    """Return the choice, and whether several tools may be used at once.

    Raises:
        InvalidRequest: it is malformed, or names a tool that is not offered.
    """
    if choice is None:
        return ToolChoice(), True
    parallel = not optional(choice, "disable_parallel_tool_use", bool, "tool_choice")
    match choice.get("type"):
        case "auto" | "any" | "none" as kind:
            return ToolChoice(kind), parallel
        case "tool":
            return ToolChoice("tool", _offered_name(choice, tools)), parallel
        case kind:
            path = "tool_choice.type"
            raise InvalidRequest(f"`{path}` is {shown(kind)}; it may be auto, any, tool or none.", path)


def _is_callable(tool: Json, path: str) -> bool:
    """Tell whether the model itself may call the tool: some are only for code that Anthropic's servers run."""
    callers = optional(tool, "allowed_callers", list, path)
    return not callers or "direct" in callers


def _custom(tool: Json, path: str) -> Tool:
    return Tool(
        name=filled(tool, "name", path),
        description=optional(tool, "description", str, path) or "",
        schema=required(tool, "input_schema", dict, path),
        strict=bool(optional(tool, "strict", bool, path)),
        path=below(path, "input_schema"),
        cache_point=next(cache_marks(tool, path), None),
    )


def _offered_name(choice: Json, tools: Sequence[Tool]) -> str:
    name = filled(choice, "name", "tool_choice")
    if name not in {tool.name for tool in tools}:
        path = "tool_choice.name"
        raise InvalidRequest(f"`{path}` is {shown(name)}, which is not among the tools that can be chosen.", path)
    return name
