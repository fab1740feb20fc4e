"""`tools` and `tool_choice` of a Messages request."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.tools import Tool, ToolChoice
from gateway.dialects.anthropic_fields import cache_marks
from gateway.errors import InvalidRequest

type Json = dict[str, Any]
type Placed = tuple[Json, str]


class OfferedTools(NamedTuple):
    """The tools of a request.

    tools: the client's own. anthropic_tools: those that Anthropic defined (a shell, an editor, a computer, web search),
    as they came; some models know some of them. left_out: how many can be offered to no model.
    """

    tools: list[Tool]
    anthropic_tools: list[Json]
    left_out: int = 0


def read_tools(tools: object, changes: Iterable[Placed] = ()) -> OfferedTools:
    """Read the tools; `changes` are blocks with which the conversation has added some and taken some away.

    Converse has such blocks too, but only its newest models take them: what is offered is what is left in the end.

    Raises:
        InvalidRequest: one of them is malformed.
    """
    own, defined, left_out = [], [], 0
    for tool, path in _left(list(items(tools, "tools")), changes):
        kind = optional(tool, "type", str, path) or "custom"
        if kind != "custom":
            defined.append(tool)
        elif _is_callable(tool, path):
            own.append(_custom(tool, path))
        else:
            left_out += 1
    return OfferedTools(own, defined, left_out)


def _left(tools: list[Placed], changes: Iterable[Placed]) -> Iterator[Placed]:
    """Yield the tools that are left after all changes, each with its path."""
    withdrawn = set()
    for change, path in changes:
        tool, where = required(change, "tool", dict, path), below(path, "tool")
        match change["type"], tool.get("type"):
            case "tool_addition", "tool_definition":
                definition, where = required(tool, "definition", dict, where), below(where, "definition")
                tools.append((definition, where))
                withdrawn.discard(filled(definition, "name", where))
            case "tool_addition", "tool_reference":
                # It is among the tools already, and each of these is offered from the start.
                withdrawn.discard(filled(tool, "name", where))
            case "tool_removal", "tool_reference":
                withdrawn.add(filled(tool, "name", where))
            case _, kind:
                where = below(where, "type")
                raise InvalidRequest(f"`{where}` is {shown(kind)}, which Sluice does not carry here.", where)
    # A tuple, because a name may be anything still, and what is no text may have no hash.
    yield from ((tool, path) for tool, path in tools if tool.get("name") not in tuple(withdrawn))


def read_tool_choice(choice: Json | None, tools: OfferedTools) -> tuple[ToolChoice, bool]:
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


def _offered_name(choice: Json, tools: OfferedTools) -> str:
    name = filled(choice, "name", "tool_choice")
    if name not in {*(tool.name for tool in tools.tools), *(tool.get("name") for tool in tools.anthropic_tools)}:
        path = "tool_choice.name"
        raise InvalidRequest(f"`{path}` is {shown(name)}, which is not among the tools that can be chosen.", path)
    return name
