"""What only some Claude models take through Bedrock: betas, context management, the tools that Anthropic defined."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sluice.traits import ModelTraits

type Json = dict[str, Any]

CONTEXT_MANAGEMENT = "context-management-2025-06-27"
LONG_CONTEXT = "context-1m-2025-08-07"

# Edits whose effect Converse can carry: others put blocks into the reply that it has no place for.
_EDITS = ("clear_",)
_THINKING_EDITS = ("clear_thinking_",)


class ClaudeExtras(NamedTuple):
    """What goes into `additionalModelRequestFields`: `fields` always, `reasoning_fields` where the model reasons.

    dropped_betas: the flags that the model does not take. tools, unknown_tools: the names of Anthropic's tools that it
    knows, and of those that it does not. response_fields: what to ask back.
    """

    fields: Mapping[str, Any] = {}
    reasoning_fields: Mapping[str, Any] = {}
    response_fields: tuple[str, ...] = ()
    dropped_betas: tuple[str, ...] = ()
    tools: frozenset[str] = frozenset()
    unknown_tools: tuple[str, ...] = ()


def claude_extras(
    betas: Sequence[str], context_management: Json | None, anthropic_tools: Sequence[Json], traits: ModelTraits
) -> ClaudeExtras:
    """Return what of a request's extras this model takes."""
    taken = [beta for beta in betas if beta in traits.betas]
    tools = [tool for tool in anthropic_tools if str(tool.get("type")).startswith(traits.anthropic_tools)]
    edits = _edits(context_management) if CONTEXT_MANAGEMENT in traits.betas else []
    lasting = [edit for edit in edits if not edit["type"].startswith(_THINKING_EDITS)]
    if edits:
        taken = list(dict.fromkeys([*taken, CONTEXT_MANAGEMENT]))
    fields: Json = {"anthropic_beta": taken} if taken else {}
    if tools:
        fields["tools"] = tools
    if lasting:
        fields["context_management"] = {"edits": lasting}
    return ClaudeExtras(
        fields,
        {"context_management": {"edits": edits}} if edits != lasting else {},
        ("/context_management",) if edits else (),
        tuple(beta for beta in betas if beta not in traits.betas),
        frozenset(str(tool.get("name")) for tool in tools),
        tuple(str(tool.get("name")) for tool in anthropic_tools if tool not in tools),
    )


def _edits(context_management: Json | None) -> list[Json]:
    edits = (context_management or {}).get("edits")
    if not isinstance(edits, list):
        return []
    return [edit for edit in edits if isinstance(edit, dict) and str(edit.get("type")).startswith(_EDITS)]
