"""What a model may answer that no dialect but the native one can tell as an answer."""

from typing import Any

from gateway.errors import StreamBroken

type Json = dict[str, Any]

# A reply that Bedrock itself calls broken. Neither OpenAI nor Anthropic has a word that could be read as that.
MALFORMED = frozenset({"malformed_model_output", "malformed_tool_use"})


def refuse_malformed(stop_reason: str) -> None:
    """Say that a reply is broken, where Bedrock stopped it for that.

    Raises:
        StreamBroken: it did.
    """
    if stop_reason in MALFORMED:
        raise StreamBroken(f"The model's output cannot be used: Bedrock stopped it with {stop_reason}. Ask again.")


def used_tool(start: Json) -> tuple[str, str]:
    """Return id and name of the tool that a block begins to use, as Bedrock has them.

    Raises:
        StreamBroken: it is none that a client could answer.
    """
    if start.get("type") == "server_tool_use":
        raise uncarried("a tool that ran on the server")
    try:
        return start["toolUseId"], start["name"]
    except KeyError as error:
        raise StreamBroken("Bedrock sent a tool use without its beginning; the answer is incomplete.") from error


def uncarried(kind: str) -> StreamBroken:
    """Make the error for content that would otherwise vanish."""
    return StreamBroken(f"The model answered with {kind}, which this API cannot carry.")
