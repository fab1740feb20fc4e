"""What the emulator says once its tools have answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.answering.attachments import describe_attachments
from sluice_local.bedrock_runtime.frames import encode_json

_LONGEST_RESULT = 600


def about_results(messages: Iterable[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence a result; `messages` are the conversation, where the tools were called by name."""
    names = {
        block["toolUse"]["toolUseId"]: block["toolUse"]["name"]
        for message in messages
        for block in message["content"]
        if "toolUse" in block
    }
    sentences = [_about_result(names[result["toolUseId"]], result) for result in results]
    return sentences[0] if len(sentences) == 1 else "\n".join(f"- {sentence}" for sentence in sentences)


def _about_result(name: str, result: Mapping[str, Any]) -> str:
    said = [
        block["text"] if "text" in block else encode_json(block["json"]).decode()
        for block in result["content"]
        if "text" in block or "json" in block
    ]
    shown = "\n".join([*said, *describe_attachments(result["content"])])[:_LONGEST_RESULT]
    if result.get("status") == "error":
        return f"The tool {name} could not help: {shown or 'it gave no reason'}. Other arguments may work better."
    return f"The tool {name} says: {shown}" if shown else f"The tool {name} is done and returned nothing."
